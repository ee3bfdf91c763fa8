#include "hypervisor/arch/x86_64/regs.hpp"

#include <cstddef>

#include "hypervisor/arch/x86_64/cpu_tables.hpp"
#include "kernel/abi/arch/x86_64/vcpu_area.hpp"

namespace baryon::host::arch::x86_64 {

namespace {

// SDM volume 3, chapter 2.5.
constexpr std::uint64_t kCr0 = 0x8005'0033;   // PG AM WP NE ET MP PE
constexpr std::uint64_t kCr4 = 1u << 5        // PAE
                               | 1u << 9      // OSFXSR
                               | 1u << 10     // OSXMMEXCPT
                               | 1u << 16     // FSGSBASE
                               | 1u << 18;    // OSXSAVE
constexpr std::uint64_t kEfer = 1u << 0       // SCE
                                | 1u << 8     // LME
                                | 1u << 10    // LMA
                                | 1u << 11;   // NXE
constexpr std::uint64_t kXcr0 = 0b1110'0111;  // x87, SSE, AVX, AVX-512 (SDM volume 1, 13.3)

constexpr std::uint64_t kFlagsFixed = 1u << 1;
constexpr std::uint64_t kFlagIf = 1u << 9;

// SYSCALL: CS = kKernelCs, SS = kKernelDs. SYSRET: SS = base + 8, CS = base + 16.
constexpr std::uint64_t kStar = std::uint64_t{abi::kUserDs - 8} << 48 | std::uint64_t{abi::kKernelCs} << 32;

// Flags that SYSCALL clears: TF, DF, IOPL, NT, AC; and IF where it arrives at CPL 0, where IRETQ sets it again. A KVM
// that delivers SYSCALL at CPL 3 takes the cleared IF for real, and CPL 3 could never set it: no interrupt would be
// delivered any more. VcpuPage::interrupts_masked protects the entry there.
constexpr std::uint64_t kFmask = 0x4'7500;

}  // namespace

CpuState initial_state(const FirstState& first) {
  const bool linked = first.privilege == abi::Privilege::linked;
  const abi::KernelHeader& header = *first.header;
  return {
      .rip = first.index == 0 ? header.boot_entry : header.secondary_entry,
      .rsp = first.stack_top,
      .rdi = first.vcpu_page,
      // Under `linked` IF stays set for good.
      .rflags = linked ? kFlagsFixed | kFlagIf : kFlagsFixed,
      .cs = linked ? abi::kUserCs : abi::kKernelCs,
      .ss = linked ? abi::kUserDs : abi::kKernelDs,
      .gs_base = first.vcpu_page,
      .cr0 = kCr0,
      .cr3 = first.page_table,
      .cr4 = kCr4,
      .efer = kEfer,
      .xcr0 = kXcr0,
      .gdt_base = first.vcpu_area + offsetof(abi::VcpuArea, gdt),
      .idt_base = first.shared_tables,
      .tss_base = first.vcpu_area + offsetof(abi::VcpuArea, tss),
      .gdt_limit = sizeof(abi::VcpuArea::gdt) - 1,
      .idt_limit = kSharedTableBytes - 1,
      .tss_limit = 103,
      .star = kStar,
      .lstar = linked ? header.syscall_linked : header.syscall_split,
      .fmask = !linked || first.syscall_reaches_cpl0 ? kFmask | kFlagIf : kFmask,
      .index = first.index,
  };
}

}  // namespace baryon::host::arch::x86_64
