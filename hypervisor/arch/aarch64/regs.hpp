// What the registers of a vCPU hold at its first instruction, independent of the engine that loads them. The values are
// part of the contract: kernel/abi/arch/aarch64/vcpu_area.hpp.
#pragma once

#include <cstdint>

#include "hypervisor/arch/api/first_state.hpp"

namespace baryon::host::arch::aarch64 {

struct CpuState {
  std::uint64_t pc, sp, x0, pstate;  // sp: SP_EL1
  std::uint64_t vbar, sctlr, ttbr0, ttbr1, tcr, mair, cpacr;
  std::uint32_t index;  // of the vCPU
};

[[nodiscard]] CpuState initial_state(const FirstState& first);

}  // namespace baryon::host::arch::aarch64
