// Descriptor tables in guest memory: GDT and TSS per vCPU (abi::VcpuArea), one IDT for all. SDM volume 3, chapters
// 3.4.5, 6.10, 6.14 and 7.7.
#pragma once

#include <cstdint>

#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host::arch {

inline constexpr std::uint64_t kIdtBytes = 256 * 16;

// 256 present 64-bit interrupt gates: vector n leads to `vectors + n * abi::kVectorStride` (guest-virtual) on
// selector kKernelCs. A program may raise #BP (INT3); every other INT n raises #GP. `idt` is page aligned and has
// kIdtBytes bytes.
Expected<void> write_idt(const GuestMemory& memory, abi::Gpa idt, std::uint64_t vectors, abi::Privilege privilege);

// GDT (Linux's selectors), TSS descriptor and TSS of one vCPU. `area_va` is the guest-virtual address of the
// VcpuArea at `area`. RSP0: the handover frame under `linked`, `trap_stack_top` under `split`.
Expected<void> write_vcpu_area(const GuestMemory& memory, abi::Gpa area, std::uint64_t area_va,
                               std::uint64_t trap_stack_top, abi::Privilege privilege);

}  // namespace baryon::host::arch
