// A small, correct kernel image for tests, to be damaged.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstring>
#include <vector>

#include "hypervisor/arch/api/guest_arch.hpp"
#include "kernel/abi/kernel_header.hpp"
#include "kernel/abi/version.hpp"

namespace baryon::host::test {

inline constexpr std::uint64_t kKernelBase = 0xffff'ff80'0000'0000;
inline constexpr std::uint64_t kKernelGpa = 0x100000;
inline constexpr std::uint64_t kSegmentBytes = 0x3000;
inline constexpr std::uint64_t kSegmentOffset = 0x1000;

struct KernelFile {
  Elf64_Ehdr elf{};
  Elf64_Phdr program{};
  abi::KernelHeader header{};

  KernelFile() {
    std::memcpy(elf.e_ident, ELFMAG, SELFMAG);
    elf.e_ident[EI_CLASS] = ELFCLASS64;
    elf.e_ident[EI_DATA] = ELFDATA2LSB;
    elf.e_type = ET_EXEC;
    elf.e_machine = EM_X86_64;
    elf.e_phoff = sizeof elf;
    elf.e_phentsize = sizeof program;
    elf.e_phnum = 1;
    program.p_type = PT_LOAD;
    program.p_offset = kSegmentOffset;
    program.p_paddr = kKernelGpa;
    program.p_vaddr = kKernelBase + kKernelGpa;
    program.p_filesz = kSegmentBytes;
    program.p_memsz = kSegmentBytes + 0x1000;
    const std::uint64_t va = program.p_vaddr;
    header = {.magic = abi::kKernelMagic,
              .version = abi::kVersion,
              .machine = EM_X86_64,
              .boot_entry = va + 0x100,
              .secondary_entry = va + 0x110,
              .vectors_linked = va + 0x1000,
              .vectors_split = va + 0x2000,
              .syscall_linked = va + 0x120,
              .syscall_split = va + 0x130,
              .image_end = va + 0x4000};
  }

  // For another architecture, which may have RAM elsewhere.
  void move_to(const arch::GuestArch& arch) {
    elf.e_machine = static_cast<Elf64_Half>(arch.elf_machine);
    header.machine = arch.elf_machine;
    program.p_paddr += arch.ram_base;
    program.p_vaddr += arch.ram_base;
    for (std::uint64_t* const address :
         {&header.boot_entry, &header.secondary_entry, &header.vectors_linked, &header.vectors_split,
          &header.syscall_linked, &header.syscall_split, &header.image_end})
      *address += arch.ram_base;
  }

  [[nodiscard]] std::vector<std::byte> bytes() const {
    std::vector<std::byte> file(kSegmentOffset + kSegmentBytes);
    std::memcpy(file.data(), &elf, sizeof elf);
    std::memcpy(file.data() + sizeof elf, &program, sizeof program);
    std::memcpy(file.data() + kSegmentOffset, &header, sizeof header);
    return file;
  }
};

}  // namespace baryon::host::test
