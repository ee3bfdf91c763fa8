// A program's first stack, as the System V ABI (x86-64 psABI 3.4.1) and Linux's binfmt_elf lay it out:
//
//   top  | 0 (8 bytes) | path | environment strings | argument strings | platform | 16 random bytes |
//        | auxiliary vector | 0 | envp… | 0 | argv… | argc |  <- stack pointer, 16-byte aligned
#pragma once

#include "kernel/exec/program_loader.hpp"

namespace baryon::exec {

struct StackInput {
  VirtAddr top;
  VirtAddr entry;    // AT_ENTRY
  VirtAddr headers;  // AT_PHDR, 0 = not in memory
  u16 header_count;
  VirtAddr vdso;  // AT_SYSINFO_EHDR, 0 = none
};

// Writes the stack and notes where its parts lie in space.program. Returns the stack pointer. toobig: more
// than a quarter of the stack limit, or a string over 128 KiB (execve(2)).
Result<VirtAddr> build_stack(mm::AddressSpace& space, const LoadRequest& request, const StackInput& input);

}  // namespace baryon::exec
