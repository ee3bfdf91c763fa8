// Doorbells through QEMU's ivshmem-doorbell device (QEMU, docs/specs/ivshmem-spec.rst): a PCI function whose Doorbell
// register notifies the host, and whose MSI-X vectors are the vCPUs' event interrupts. Knows PCI, no architecture.
#pragma once

#include "kernel/abi/devices.hpp"
#include "kernel/base/types.hpp"

namespace baryon::platform {

// A message-signalled interrupt: what the device stores where to raise it.
struct Message {
  u64 address;
  u32 data;
};

// Places the function's BARs, sets up MSI-X vector n as message(n) for n < vcpus, switches the function on. Once, on
// vCPU 0, before the first doorbell. `direct_map`: guest-virtual address of guest-physical 0. Panics when the function
// is not the one that is expected: nothing can be told to anybody then, so the vCPU just stops.
void set_up_ivshmem(const abi::Devices& devices, VirtAddr direct_map, u32 vcpus, Message (*message)(u32 cpu));

// The register to store to, and what: a u32. After set_up_ivshmem().
struct DoorbellStore {
  VirtAddr address;
  u32 value;
};
DoorbellStore ivshmem_doorbell(abi::Doorbell doorbell, u32 value);

}  // namespace baryon::platform
