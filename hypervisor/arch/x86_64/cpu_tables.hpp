// Descriptor tables in guest memory: GDT and TSS per vCPU (abi::VcpuArea), one IDT for all. SDM volume 3, chapters
// 3.4.5, 6.10, 6.14 and 7.7.
#pragma once

#include <cstdint>

#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/kernel_header.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host::arch::x86_64 {

inline constexpr std::uint64_t kSharedTableBytes = 256 * 16;
inline constexpr std::uint64_t kVcpuAreaBytes = abi::kVcpuAreaSize;

// The IDT: 256 present 64-bit interrupt gates; vector n leads to `vectors + n * abi::kVectorStride` (guest-virtual, the
// header's for the privilege model) on selector kKernelCs. A program may raise #BP (INT3); every other INT n raises
// #GP. `idt` is page aligned and has kSharedTableBytes bytes.
Expected<void> write_shared_tables(const GuestMemory& memory, abi::Gpa idt, const abi::KernelHeader& header,
                                   abi::Privilege privilege);

// GDT (Linux's selectors), TSS descriptor and TSS of one vCPU. `area_va` is the guest-virtual address of the
// VcpuArea at `area`. RSP0: the handover frame under `linked`, `trap_stack_top` under `split`.
Expected<void> write_vcpu_area(const GuestMemory& memory, abi::Gpa area, std::uint64_t area_va,
                               std::uint64_t trap_stack_top, abi::Privilege privilege);

}  // namespace baryon::host::arch::x86_64
