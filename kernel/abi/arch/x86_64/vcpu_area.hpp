// Per-vCPU tables of x86-64 that the host lays out and loads (GDTR, IDTR, TR) before the first
// instruction: SDM volume 3, chapters 3.4.5, 6.10, 7.7. Selectors are Linux's, because programs can see
// them in signal frames.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

inline constexpr u16 kKernelCs = 0x10;
inline constexpr u16 kKernelDs = 0x18;
inline constexpr u16 kUserDs = 0x2b;
inline constexpr u16 kUserCs = 0x33;
inline constexpr u16 kTssSelector = 0x40;  // 16-byte descriptor
inline constexpr u32 kGdtEntries = 10;

// Operations of monitor calls (linked).
enum class MonitorCall : u64 {
  flush_tlb = 0,
  load_page_table = 1,
  halt = 2,
  invalidate_page = 3,
  wait = 4,  // HLT unless VcpuPage::sleeping is 0 already, or an interrupt is deferred
};

// The monitor's stack lies so that a trap frame and the prebuilt frame that leads to the kernel's trap
// entry are at fixed distances (arch/x86_64/linked/monitor.S). TSS.RSP0 (and IST 1) = address of `handover`.
struct MonitorFrames {
  u64 unused;       // keeps `handover`, the CPU's RSP0, 16-byte aligned
  u64 pushed[7];    // vector, error code (or 0), RIP, CS, RFLAGS, RSP, SS: pushed by CPU and monitor
  u64 handover[5];  // RIP, CS, RFLAGS, RSP, SS of the kernel's trap entry at CPL 3: set by the kernel
};

struct VcpuArea {
  u64 gdt[kGdtEntries];
  u8 reserved0[176];
  u8 tss[112];  // 104 used; RSP0 at offset 4
  u8 reserved1[144];
  alignas(64) MonitorFrames frames;
  // The event interrupt has frames of its own (IST 1): an interrupt controller delivers it also between the hand-over
  // of a trap and the moment when the kernel has copied that trap's frame.
  alignas(64) MonitorFrames event_frames;
};
inline constexpr u64 kVcpuAreaSize = kPageSize;
static_assert(sizeof(VcpuArea) <= kVcpuAreaSize && offsetof(VcpuArea, tss) % 16 == 0);

}  // namespace baryon::abi
