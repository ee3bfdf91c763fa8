#include "hypervisor/sandbox/control_channel.hpp"

namespace baryon::host {

bool ControlSender::send(abi::ControlKind kind, std::uint64_t first, std::uint64_t second) {
  if (tail_ - channel_.head.load(std::memory_order_acquire) >= abi::kControlSlots) return false;
  channel_.messages[tail_ % abi::kControlSlots] = {.kind = kind, .reserved = 0, .arg = {first, second, 0}};
  // Release: the message is complete before the guest can see it.
  channel_.tail.store(++tail_, std::memory_order_release);
  return true;
}

}  // namespace baryon::host
