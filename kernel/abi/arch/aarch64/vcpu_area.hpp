// What an aarch64 vCPU finds at its first instruction, whatever engine runs it. There is no per-vCPU area: the CPU
// reads no tables but page tables, and finds everything else in registers.
//
//   PC             KernelHeader::boot_entry or secondary_entry, at EL1h; DAIF masked
//   x0             guest-virtual address of the vCPU's VcpuPage
//   SP_EL1         VcpuPage::stack_top
//   VBAR_EL1       KernelHeader::vectors_split (2 KiB aligned, 0x800 bytes)
//   SCTLR_EL1      MMU and caches on, EL0 may use DC ZVA, CTR_EL0 and cache maintenance by address
//   TTBR1_EL1      BootPage::page_table_root, the direct map at 0xffffff8000000000: level 1 is the first level
//   TTBR0_EL1      an empty level 0 table: every access below faults
//   TCR, MAIR      kTcr, kMair
//   CPACR_EL1      FP and Advanced SIMD are not trapped
//
// RAM begins at 0x40000000 guest-physical (where QEMU's machine `virt` has it) and is mapped by 2 MiB blocks: normal
// memory, inner shareable, read, write and execute at EL1, nothing at EL0. Devices (the doorbell page among them) are
// mapped as Device-nGnRE, never executable. The counter is CNTVCT_EL0, which equals the host's.
//
// Interrupts under engine kvm. There is no interrupt controller: the one interrupt is the CPU's own IRQ line (KVM's
// type KVM_ARM_IRQ_TYPE_CPU), a level. The handler stores to Doorbell::interrupt_ack first, which lowers the line, and
// looks at shared memory then; in the other order what was published in between would go unseen. The line rises again
// for whatever is asked for later. The host honours VcpuPage::interrupts_masked, which it sets to 1 before the first
// instruction: a kernel that masks by DAIF clears it once and leaves it 0. To sleep, store to Doorbell::halt: the store
// returns when the sleep is over, with IRQs masked as well. WFI would wait inside KVM, which knows no deadline_ns; it
// would end only by an interrupt. WFI at EL0 traps to EL1 (SCTLR_EL1.nTWI is 0). The generic timer's interrupts are
// never delivered.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi::aarch64 {

inline constexpr u64 kRamBase = 0x4000'0000;
inline constexpr u64 kDirectMapBase = 0xffff'ff80'0000'0000;

// MAIR_EL1: attribute 0 is normal memory, write back, allocating; attribute 1 is Device-nGnRE (Arm ARM, D17.2.97).
inline constexpr u64 kAttributeNormal = 0;
inline constexpr u64 kAttributeDevice = 1;
inline constexpr u64 kMair = 0xff | 0x04 << 8;

// TCR_EL1 (Arm ARM, D17.2.131): 48 bits below (T0SZ), 39 above (T1SZ), granules of 4 KiB, walks inner shareable and
// write back, 40 bits of physical address.
inline constexpr u64 kTcr = 16               // T0SZ
                            | 1u << 8        // IRGN0
                            | 1u << 10       // ORGN0
                            | 3u << 12       // SH0
                            | 25u << 16      // T1SZ
                            | 1u << 24       // IRGN1
                            | 1u << 26       // ORGN1
                            | 3u << 28       // SH1
                            | 2u << 30       // TG1: 4 KiB (TG0: 0)
                            | u64{2} << 32;  // IPS

inline constexpr u64 kVectorTableBytes = 0x800;

}  // namespace baryon::abi::aarch64
