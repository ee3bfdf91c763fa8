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
  VirtAddr base;     // AT_BASE: the program interpreter's, 0 = none
  VirtAddr headers;  // AT_PHDR, 0 = not in memory
  u16 header_count;
  VirtAddr vdso;  // AT_SYSINFO_EHDR, 0 = none
};

// The most that arguments and environment may take, pointers included: a quarter of the stack limit, at least 128 KiB,
// at most 3 MiB (execve(2) has 6; the kernel heap's largest block is 4).
u64 arguments_limit(u64 stack_limit);
inline constexpr u64 kLongestArgument = 128 << 10;  // MAX_ARG_STRLEN, NUL included

// Writes the stack and notes where its parts lie in space.program. Returns the stack pointer. toobig: more
// than arguments_limit, or a string over kLongestArgument.
Result<VirtAddr> build_stack(mm::AddressSpace& space, const LoadRequest& request, const StackInput& input);

}  // namespace baryon::exec
