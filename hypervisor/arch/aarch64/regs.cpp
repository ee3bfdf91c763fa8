#include "hypervisor/arch/aarch64/regs.hpp"

#include "hypervisor/arch/aarch64/page_tables.hpp"
#include "kernel/abi/arch/aarch64/vcpu_area.hpp"

namespace baryon::host::arch::aarch64 {

namespace {

// SCTLR_EL1, Arm ARM D17.2.118. What is 1 on CPUs without the extension that defines it stays 1.
constexpr std::uint64_t kSctlr = 1u << 0      // M: MMU on
                                 | 1u << 2    // C: data caches on
                                 | 1u << 3    // SA: stack alignment check at EL1
                                 | 1u << 4    // SA0: and at EL0
                                 | 1u << 8    // SED: no SETEND for AArch32
                                 | 1u << 11   // EOS
                                 | 1u << 12   // I: instruction caches on
                                 | 1u << 14   // DZE: EL0 may DC ZVA
                                 | 1u << 15   // UCT: EL0 may read CTR_EL0
                                 | 1u << 18   // nTWE: WFE is not trapped
                                 | 1u << 20   // TSCXT
                                 | 1u << 22   // EIS
                                 | 1u << 23   // SPAN: exceptions leave PSTATE.PAN alone
                                 | 1u << 26   // UCI: EL0 may maintain caches by address
                                 | 1u << 28   // nTLSMD
                                 | 1u << 29;  // LSMAOE

constexpr std::uint64_t kPstate = 0b1111u << 6  // DAIF
                                  | 0b0101;     // EL1h

constexpr std::uint64_t kCpacr = 0b11u << 20;  // FPEN

}  // namespace

CpuState initial_state(const FirstState& first) {
  const abi::KernelHeader& header = *first.header;
  return {.pc = first.index == 0 ? header.boot_entry : header.secondary_entry,
          .sp = first.stack_top,
          .x0 = first.vcpu_page,
          .pstate = kPstate,
          .vbar = header.vectors_split,
          .sctlr = kSctlr,
          .ttbr0 = first.page_table + kEmptyTableOffset,
          .ttbr1 = first.page_table,
          .tcr = abi::aarch64::kTcr,
          .mair = abi::aarch64::kMair,
          .cpacr = kCpacr,
          .index = first.index};
}

}  // namespace baryon::host::arch::aarch64
