#include "hypervisor/arch/api/guest_arch.hpp"

namespace baryon::host::arch {

const GuestArch& guest_arch(Arch arch) {
  switch (arch) {
    case Arch::aarch64: return aarch64::guest_arch();
    case Arch::x86_64: break;
  }
  return x86_64::guest_arch();
}

const GuestArch* guest_arch_of_machine(std::uint32_t elf_machine) {
  for (const GuestArch* const each : {&x86_64::guest_arch(), &aarch64::guest_arch()})
    if (each->elf_machine == elf_machine) return each;
  return nullptr;
}

}  // namespace baryon::host::arch
