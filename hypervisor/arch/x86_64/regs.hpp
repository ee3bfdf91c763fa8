// What the registers of a vCPU hold at its first instruction, independent of the engine that loads them.
//
// The vCPU starts in long mode at the privilege level at which the kernel runs: CPL 3 under `linked`, so that no
// CPL 0 instruction is ever executed for booting (on a KVM that emulates CPL 0 each would cost 300 ns).
#pragma once

#include <cstdint>

#include "hypervisor/arch/api/first_state.hpp"

namespace baryon::host::arch::x86_64 {

struct CpuState {
  std::uint64_t rip, rsp, rdi, rflags;
  std::uint16_t cs, ss;
  std::uint64_t gs_base;
  std::uint64_t cr0, cr3, cr4, efer, xcr0;  // cr4 and xcr0: see restrict_to()
  std::uint64_t gdt_base, idt_base, tss_base;
  std::uint16_t gdt_limit, idt_limit, tss_limit;
  std::uint64_t star, lstar, fmask;
  std::uint32_t index;  // of the vCPU; TSC_AUX
};

[[nodiscard]] CpuState initial_state(const FirstState& first);

}  // namespace baryon::host::arch::x86_64
