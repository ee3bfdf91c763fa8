// The local APIC (SDM volume 3, chapter 11), where the engine is a machine that has one (abi::Devices). Every function
// does nothing where there is none.
#pragma once

#include "kernel/abi/devices.hpp"
#include "kernel/base/types.hpp"
#include "kernel/platform/ivshmem.hpp"

namespace baryon::arch {

bool has_interrupt_controller();
// Each vCPU, before interrupts are enabled for the first time.
void enable_interrupt_controller();
// Each interrupt that was delivered, once, however late: the next one waits for it.
void end_of_interrupt();
// The MSI that is vCPU `cpu`'s event interrupt (SDM volume 3, 11.11).
platform::Message event_message(u32 cpu);
// INIT and start-up IPI: the vCPU begins in the firmware.
void start_in_firmware(u32 cpu);

}  // namespace baryon::arch
