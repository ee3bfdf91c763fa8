// From a descriptor in guest memory to a request that the host may act on.
#pragma once

#include <array>
#include <cstdint>

#include <sys/uio.h>

#include "hypervisor/memory/guest_memory.hpp"
#include "kernel/abi/qcall.hpp"

namespace baryon::host {

// A validated copy. Segment addresses are the host's and lie wholly inside guest RAM; the bytes behind them are still
// the guest's to change at any time.
struct Request {
  abi::QCallOp op = abi::QCallOp::nop;
  std::uint16_t segment_count = 0;
  std::uint32_t handle = 0;
  std::array<std::uint64_t, 5> arg{};
  std::array<iovec, abi::kMaxSegments> segments;  // the first segment_count are set
  std::uint32_t total = 0;                        // bytes in all segments, <= kMaxTransfer
  std::uint32_t vcpu = 0;                         // whose queue it came from
};

// Copies `descriptor` out of guest memory, once: the guest may be changing it.
[[nodiscard]] abi::QCallDescriptor copy_descriptor(const abi::QCallDescriptor& descriptor) noexcept;

// Checks a copied descriptor's shape: known operation, the operation's number of segments, their sizes and places.
// 0, or the result for the guest: -ENOSYS (unknown operation), -EINVAL, -EFAULT (outside RAM), -ENAMETOOLONG.
[[nodiscard]] std::int64_t validate(const abi::QCallDescriptor& copy, const GuestMemory& memory,
                                    Request& request) noexcept;

}  // namespace baryon::host
