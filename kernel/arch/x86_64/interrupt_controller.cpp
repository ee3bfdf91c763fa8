#include "kernel/arch/x86_64/interrupt_controller.hpp"

#include "kernel/abi/vcpu_page.hpp"
#include "kernel/arch/x86_64/boot_info.hpp"

namespace baryon::arch {
namespace {

constexpr u64 kEndOfInterrupt = 0xb0, kSpuriousVector = 0xf0, kCommandLow = 0x300, kCommandHigh = 0x310;
constexpr u32 kEnabled = 1u << 8;
constexpr u32 kInit = 5u << 8, kStartup = 6u << 8, kAssert = 1u << 14, kPending = 1u << 12;
// The firmware's page in the first MiB, where a start-up IPI can lead.
constexpr u32 kFirmwarePage = 0xff;
constexpr u64 kMessageBase = 0xfee0'0000;

u64 apic_register(u64 offset) {
  return boot_page().direct_map_base + boot_page().devices.interrupt_controller[0] + offset;
}
void store(u64 offset, u32 value) { *reinterpret_cast<volatile u32*>(apic_register(offset)) = value; }
u32 load(u64 offset) { return *reinterpret_cast<volatile u32*>(apic_register(offset)); }

void send_command(u32 cpu, u32 command) {
  store(kCommandHigh, cpu << 24);
  store(kCommandLow, command);
  while ((load(kCommandLow) & kPending) != 0) relax();
}

}  // namespace

bool has_interrupt_controller() { return boot_page().devices.interrupt_controller[0] != 0; }

void enable_interrupt_controller() {
  // A spurious interrupt comes as an event: "look at shared memory" is never wrong.
  if (has_interrupt_controller()) store(kSpuriousVector, kEnabled | abi::kEventVector);
}

void end_of_interrupt() {
  if (has_interrupt_controller()) store(kEndOfInterrupt, 0);
}

platform::Message event_message(u32 cpu) { return {kMessageBase | u64{cpu} << 12, abi::kEventVector}; }

void start_in_firmware(u32 cpu) {
  send_command(cpu, kInit | kAssert);
  send_command(cpu, kStartup | kAssert | kFirmwarePage);
}

}  // namespace baryon::arch
