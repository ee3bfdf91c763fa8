// The server's side of QEMU's ivshmem protocol (QEMU, docs/specs/ivshmem-spec.rst, "The client-server protocol").
//
// QEMU reads everything up to the shared memory's descriptor while it creates its device, so that every doorbell works
// before the guest's first instruction; its own vectors follow.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hypervisor/support/error.hpp"
#include "kernel/abi/devices.hpp"

namespace baryon::host::tcg {

// Descriptors of the event files behind each doorbell, by value, and of the interrupt of each vCPU.
struct DoorbellFiles {
  std::vector<int> by_value[std::size(abi::kDoorbells)];  // in the order of abi::kDoorbells
  std::vector<int> interrupts;
};

// Sends all of it through `socket`. Blocks while QEMU does not read, until it has died.
Expected<void> serve_ivshmem(int socket, const DoorbellFiles& files);

}  // namespace baryon::host::tcg
