// Doorbells from guest to host: stores of a u32 into one page outside RAM, at these offsets, or their equivalent on the
// engine's device (devices.hpp). What one costs is the engine's business; the guest rings only when shared memory says
// it must.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

enum class Doorbell : u32 {
  qcall = 0x00,      // submissions while SandboxPage::host_awake was 0. Value ignored.
  wake = 0x08,       // end the sleep of vCPU <value> (its `event` is already set)
  interrupt = 0x10,  // interrupt vCPU <value>, which may be running (shoot-down, preemption)
  timer = 0x18,      // this vCPU's deadline_ns moved before next_check_ns. Value: this vCPU's index.
  shutdown = 0x20,   // SandboxPage::exit_reason is set; the vCPU never runs again
  // Sleep until event or deadline (engines without a cheaper halt). Value: this vCPU's index. The host ends the sleep
  // by clearing VcpuPage::sleeping, then sends the event interrupt; nothing else ends it.
  halt = 0x28,
  counter = 0x30,  // the guest begins a CounterMeeting (devices.hpp)
  // The event interrupt was taken (engines whose interrupt is a level: kvm on aarch64, arch/aarch64/vcpu_area.hpp).
  // Value: this vCPU's index.
  interrupt_ack = 0x38,
  // RAM up to guest-physical <value> * kLargePageSize is about to be touched (BootPage::ready_units). It is there when
  // the store has been done.
  memory = 0x40,
};

inline constexpr Doorbell kDoorbells[] = {Doorbell::qcall,    Doorbell::wake, Doorbell::interrupt, Doorbell::timer,
                                          Doorbell::shutdown, Doorbell::halt, Doorbell::counter};
inline constexpr u64 kDoorbellSize = kPageSize;

}  // namespace baryon::abi
