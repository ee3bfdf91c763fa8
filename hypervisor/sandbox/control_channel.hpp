// The host's end of the control channel (kernel/abi/control.hpp). The ring position that the guest writes is only ever
// compared, so a lie about it harms the guest alone.
#pragma once

#include <cstdint>

#include "kernel/abi/control.hpp"

namespace baryon::host {

class ControlSender {
 public:
  explicit ControlSender(abi::ControlChannel& channel) : channel_(channel) {}

  // Publishes a message; the caller then sets vCPU 0's event and interrupts or wakes it. False when the guest has not
  // taken the kControlSlots before it. One thread.
  bool send(abi::ControlKind kind, std::uint64_t first, std::uint64_t second = 0);

  // Whether the guest has taken everything that was sent.
  [[nodiscard]] bool answered() const { return channel_.head.load(std::memory_order_acquire) == tail_; }

 private:
  abi::ControlChannel& channel_;
  std::uint32_t tail_ = 0;
};

}  // namespace baryon::host
