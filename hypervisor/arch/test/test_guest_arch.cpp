#include <elf.h>

#include <catch2/catch.hpp>

#include "hypervisor/arch/aarch64/regs.hpp"
#include "hypervisor/arch/api/guest_arch.hpp"
#include "hypervisor/arch/x86_64/regs.hpp"

namespace baryon::host::arch {

TEST_CASE("architectures are found by name and by ELF machine") {
  for (const Arch arch : {Arch::x86_64, Arch::aarch64}) {
    CHECK(guest_arch(arch).id == arch);
    CHECK(guest_arch_of_machine(guest_arch(arch).elf_machine) == &guest_arch(arch));
  }
  CHECK(guest_arch(Arch::x86_64).elf_machine == EM_X86_64);
  CHECK(guest_arch(Arch::aarch64).elf_machine == EM_AARCH64);
  CHECK(guest_arch_of_machine(EM_RISCV) == nullptr);
}

TEST_CASE("the first registers follow the contract") {
  abi::KernelHeader header{};
  header.boot_entry = 0x1000;
  header.secondary_entry = 0x2000;
  header.vectors_split = 0x3800;
  header.syscall_split = 0x4000;
  FirstState first{.header = &header,
                   .privilege = abi::Privilege::split,
                   .syscall_reaches_cpl0 = true,
                   .index = 0,
                   .vcpu_page = 0x5000,
                   .vcpu_area = 0x6000,
                   .stack_top = 0x7000,
                   .shared_tables = 0x8000,
                   .page_table = 0x9000};
  const auto x86 = x86_64::initial_state(first);
  CHECK(x86.rip == 0x1000);
  CHECK(x86.rdi == 0x5000);
  CHECK(x86.gs_base == 0x5000);
  CHECK(x86.rsp == 0x7000);
  CHECK(x86.idt_base == 0x8000);
  CHECK(x86.cr3 == 0x9000);
  CHECK(x86.lstar == 0x4000);
  CHECK(x86.cs % 4 == 0);

  first.index = 1;
  const auto arm = aarch64::initial_state(first);
  CHECK(arm.pc == 0x2000);
  CHECK(arm.x0 == 0x5000);
  CHECK(arm.sp == 0x7000);
  CHECK(arm.vbar == 0x3800);
  CHECK(arm.ttbr1 == 0x9000);
  CHECK(arm.ttbr0 == 0xa000);   // empty
  CHECK(arm.pstate == 0x3c5);   // DAIF, EL1h
  CHECK((arm.sctlr & 5) == 5);  // M, C
  CHECK((arm.tcr & 0x3f) == 16);
  CHECK((arm.tcr >> 16 & 0x3f) == 25);
  CHECK((arm.mair & 0xffff) == 0x04ff);
}

}  // namespace baryon::host::arch
