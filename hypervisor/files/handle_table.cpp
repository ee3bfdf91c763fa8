#include "hypervisor/files/handle_table.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace baryon::host {
namespace {

// Descriptors that baryon itself needs next to the guest's: vCPUs, ring, doorbell, logs, lookups in progress.
constexpr std::uint64_t kReservedDescriptors = 160;
constexpr std::uint64_t kMaxHandles = 1u << 20;

}  // namespace

std::int64_t HandleTable::add(Handle handle) {
  if (in_use_ >= capacity_) return -ENFILE;
  std::uint32_t number;
  if (free_.empty()) {
    number = static_cast<std::uint32_t>(handles_.size());
    handles_.emplace_back();
  } else {
    std::ranges::pop_heap(free_, std::greater<>());
    number = free_.back();
    free_.pop_back();
  }
  handle.generation = handles_[number].generation + 1;
  handles_[number] = std::move(handle);
  ++in_use_;
  return number;
}

void HandleTable::add_closed() { handles_.emplace_back(); }

std::int64_t HandleTable::close(std::uint32_t number) {
  Handle* handle = find(number);
  if (handle == nullptr) return -EBADF;
  if (handle->permanent) return -EPERM;
  const std::uint32_t generation = handle->generation;
  *handle = Handle{};
  handle->generation = generation;
  free_.push_back(number);
  std::ranges::push_heap(free_, std::greater<>());
  --in_use_;
  return 0;
}

std::uint32_t handle_capacity() noexcept {
  struct rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  if (limit.rlim_cur < limit.rlim_max) {
    struct rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  const std::uint64_t descriptors = limit.rlim_cur;
  if (descriptors < 2 * kReservedDescriptors) return static_cast<std::uint32_t>(descriptors / 2);
  return static_cast<std::uint32_t>(std::min(descriptors - kReservedDescriptors, kMaxHandles));
}

}  // namespace baryon::host
