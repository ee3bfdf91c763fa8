// The GICv2 with its GICv2m frame (ARM IHI 0048B; Server Base System Architecture, appendix "GICv2m"), where the engine
// is a machine that has one (abi::Devices).
#pragma once

#include "kernel/abi/devices.hpp"
#include "kernel/base/types.hpp"
#include "kernel/platform/ivshmem.hpp"

namespace baryon::arch {

bool has_interrupt_controller();
// Each vCPU, vCPU 0 first, before interrupts are enabled for the first time.
void enable_interrupt_controller();
// Of an interrupt that was just taken: acknowledges and ends it. False: it was spurious.
bool end_of_interrupt();
// The MSI that is vCPU `cpu`'s event interrupt.
platform::Message event_message(u32 cpu);
// PSCI CPU_ON (ARM DEN 0022D): the vCPU begins in the firmware.
void start_in_firmware(u32 cpu);

}  // namespace baryon::arch
