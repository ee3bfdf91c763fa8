// What of a validated QCall the socket service needs (hypervisor/qcall/descriptor.hpp makes it).
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "kernel/abi/qcall.hpp"

namespace baryon::host {

struct SocketRequest {
  abi::QCallOp op;
  std::uint32_t handle;
  std::uint32_t vcpu;  // that asks
  std::span<const std::uint64_t, 5> arg;
  std::span<const iovec> segments;  // inside guest RAM; their bytes may change at any time
};

}  // namespace baryon::host
