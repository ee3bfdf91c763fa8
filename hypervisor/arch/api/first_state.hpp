// What a vCPU is to start with, in words that every architecture has. The engine turns it into registers with the
// architecture's initial_state() (arch/<architecture>/regs.hpp).
#pragma once

#include <cstdint>

#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/kernel_header.hpp"

namespace baryon::host::arch {

struct FirstState {
  const abi::KernelHeader* header;
  abi::Privilege privilege;
  bool syscall_reaches_cpl0;    // x86-64, linked: as the probe found it
  std::uint32_t index;          // vCPU; 0 starts at boot_entry, the others at secondary_entry
  std::uint64_t vcpu_page;      // guest-virtual
  std::uint64_t vcpu_area;      // guest-virtual
  std::uint64_t stack_top;      // guest-virtual
  std::uint64_t shared_tables;  // guest-virtual: GuestArch::write_shared_tables()
  abi::Gpa page_table;          // guest-physical: GuestArch::build_page_tables()
};

}  // namespace baryon::host::arch
