#include "kernel/arch/aarch64/interrupt_controller.hpp"

#include "kernel/arch/aarch64/boot_info.hpp"
#include "kernel/arch/aarch64/cpu.hpp"

namespace baryon::arch {
namespace {

// Distributor, ARM IHI 0048B table 4-1.
constexpr u64 kDistributorControl = 0x000, kSetEnable = 0x100, kTargets = 0x800, kConfiguration = 0xc00;
// CPU interface, table 4-2.
constexpr u64 kControl = 0x00, kPriorityMask = 0x04, kAcknowledge = 0x0c, kEnd = 0x10;
constexpr u32 kFirstSpecial = 1020;  // identifiers from here on name no interrupt
constexpr u64 kSetSpi = 0x40;        // MSI_SETSPI_NS of the GICv2m frame

u64 part(u32 which, u64 offset) {
  return boot_page().direct_map_base + boot_page().devices.interrupt_controller[which] + offset;
}
u64 distributor(u64 offset) { return part(0, offset); }
u64 interface(u64 offset) { return part(1, offset); }
void store(u64 address, u32 value) { *reinterpret_cast<volatile u32*>(address) = value; }
u32 load(u64 address) { return *reinterpret_cast<volatile u32*>(address); }

void route(u32 interrupt, u32 cpu) {
  *reinterpret_cast<volatile u8*>(distributor(kTargets + interrupt)) = static_cast<u8>(1u << cpu);
  // Two bits an interrupt; the upper one: triggered by an edge, as messages are.
  const u64 configuration = distributor(kConfiguration + interrupt / 16 * 4);
  store(configuration, load(configuration) | 2u << interrupt % 16 * 2);
  store(distributor(kSetEnable + interrupt / 32 * 4), 1u << interrupt % 32);
}

}  // namespace

bool has_interrupt_controller() { return boot_page().devices.interrupt_controller[0] != 0; }

void enable_interrupt_controller() {
  if (!has_interrupt_controller()) return;
  if (cpu_index() == 0) {
    for (u32 cpu = 0; cpu < boot_page().vcpus; ++cpu) route(boot_page().devices.event_interrupt + cpu, cpu);
    store(distributor(kDistributorControl), 1);
  }
  store(interface(kPriorityMask), 0xff);
  store(interface(kControl), 1);
}

bool end_of_interrupt() {
  if (!has_interrupt_controller()) return true;
  const u32 acknowledged = load(interface(kAcknowledge));
  if ((acknowledged & 0x3ff) >= kFirstSpecial) return false;
  store(interface(kEnd), acknowledged);
  return true;
}

platform::Message event_message(u32 cpu) {
  const abi::Devices& devices = boot_page().devices;
  return {devices.interrupt_controller[2] + kSetSpi, devices.event_interrupt + cpu};
}

void start_in_firmware(u32 cpu) {
  constexpr u64 kCpuOn = 0xc400'0003, kFirmware = 0;
  register u64 x0 asm("x0") = kCpuOn;
  register u64 x1 asm("x1") = cpu;  // MPIDR
  register u64 x2 asm("x2") = kFirmware;
  register u64 x3 asm("x3") = 0;
  asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
}

}  // namespace baryon::arch
