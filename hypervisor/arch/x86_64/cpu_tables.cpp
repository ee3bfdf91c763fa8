#include "hypervisor/arch/x86_64/cpu_tables.hpp"

#include <cstddef>
#include <cstring>

#include "hypervisor/support/format.hpp"
#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/abi/kernel_header.hpp"
#include "kernel/abi/vcpu_page.hpp"

namespace baryon::host::arch::x86_64 {

namespace {

using u64 = std::uint64_t;

constexpr unsigned kBreakpointVector = 3;

// Flat segments; the CPU ignores base and limit in 64-bit mode. Accessed is set: KVM's emulator then never writes.
constexpr u64 kCode64Dpl0 = 0x00af'9b00'0000'ffff;
constexpr u64 kDataDpl0 = 0x00cf'9300'0000'ffff;
constexpr u64 kDataDpl3 = 0x00cf'f300'0000'ffff;
constexpr u64 kCode64Dpl3 = 0x00af'fb00'0000'ffff;

constexpr unsigned kTssBytes = 104;
constexpr unsigned kTssRsp0 = 4;
constexpr unsigned kTssIst1 = 36;
constexpr unsigned kEventStack = 1;  // IST
constexpr unsigned kTssIoMap = 102;

struct Gate {
  u64 low, high;
};

constexpr Gate interrupt_gate(u64 handler, unsigned dpl, unsigned stack) {
  constexpr u64 kInterruptGate = 0xe, kGatePresent = 0x80;
  const u64 type = kGatePresent | u64{dpl} << 5 | kInterruptGate;
  return {.low = (handler & 0xffff) | u64{abi::kKernelCs} << 16 | u64{stack} << 32 | type << 40 |
                 (handler >> 16 & 0xffff) << 48,
          .high = handler >> 32};
}

constexpr Gate tss_descriptor(u64 base) {
  constexpr u64 kBusyTss64 = 0x8b;  // present, DPL 0; busy, as TR is loaded with it already
  return {.low = (kTssBytes - 1) | (base & 0xff'ffff) << 16 | kBusyTss64 << 40 | (base >> 24 & 0xff) << 56,
          .high = base >> 32};
}

}  // namespace

Expected<void> write_shared_tables(const GuestMemory& memory, abi::Gpa idt, const abi::KernelHeader& header,
                                   abi::Privilege privilege) {
  const u64 vectors = privilege == abi::Privilege::linked ? header.vectors_linked : header.vectors_split;
  auto* const gates = memory.array<Gate>(idt, 256);
  if (gates == nullptr) return fail(fmt::format("the interrupt table at {:#x} is outside guest memory", idt));
  for (unsigned vector = 0; vector < 256; ++vector) {
    const bool open_to_programs = vector == kBreakpointVector;
    const bool own_stack = vector == abi::kEventVector && privilege == abi::Privilege::linked;
    gates[vector] =
        interrupt_gate(vectors + vector * abi::kVectorStride, open_to_programs ? 3 : 0, own_stack ? kEventStack : 0);
  }
  return {};
}

Expected<void> write_vcpu_area(const GuestMemory& memory, abi::Gpa area_gpa, std::uint64_t area_va,
                               std::uint64_t trap_stack_top, abi::Privilege privilege) {
  auto* const area = memory.object<abi::VcpuArea>(area_gpa);
  if (area == nullptr) return fail(fmt::format("the vCPU area at {:#x} is outside guest memory", area_gpa));

  const Gate tss = tss_descriptor(area_va + offsetof(abi::VcpuArea, tss));
  area->gdt[abi::kKernelCs / 8] = kCode64Dpl0;
  area->gdt[abi::kKernelDs / 8] = kDataDpl0;
  area->gdt[abi::kUserDs / 8] = kDataDpl3;
  area->gdt[abi::kUserCs / 8] = kCode64Dpl3;
  area->gdt[abi::kTssSelector / 8] = tss.low;
  area->gdt[abi::kTssSelector / 8 + 1] = tss.high;

  const u64 handover = area_va + offsetof(abi::VcpuArea, frames) + offsetof(abi::MonitorFrames, handover);
  const u64 rsp0 = privilege == abi::Privilege::linked ? handover : trap_stack_top;
  const std::uint16_t no_io_map = kTssBytes;  // beyond the limit: every port access from CPL 3 raises #GP
  const u64 event_handover = area_va + offsetof(abi::VcpuArea, event_frames) + offsetof(abi::MonitorFrames, handover);
  std::memcpy(area->tss + kTssRsp0, &rsp0, sizeof rsp0);
  std::memcpy(area->tss + kTssIst1, &event_handover, sizeof event_handover);
  std::memcpy(area->tss + kTssIoMap, &no_io_map, sizeof no_io_map);
  return {};
}

}  // namespace baryon::host::arch::x86_64
