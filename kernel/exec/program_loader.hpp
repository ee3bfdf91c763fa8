// Loading a program into a fresh address space: segments, program interpreter, heap start, vDSO, stack with arguments,
// environment and auxiliary vector.
#pragma once

#include <span>

#include "kernel/exec/byte_source.hpp"
#include "kernel/exec/elf.hpp"
#include "kernel/mm/address_space.hpp"

namespace baryon::exec {

// The vDSO image and, right below it in the program's memory, the data that it reads. Permanent frames;
// code_pages = 0: none.
struct Vdso {
  PhysAddr data = 0;
  u64 data_pages = 0;
  PhysAddr code = 0;
  u64 code_pages = 0;
};

struct LoadRequest {
  Ref<ByteSource> file;
  // Opens the program interpreter that a dynamically linked program names (PT_INTERP). Null: there is none to be had.
  Result<Ref<ByteSource>> (*open_interpreter)(const char* path, const char*& reason) = nullptr;
  const char* path = "";                   // AT_EXECFN
  std::span<const char* const> arguments;  // kernel memory, NUL-terminated
  std::span<const char* const> environment;
  Vdso vdso;
  u64 stack_limit = 8 << 20;
  u64 seed = 0;        // random bits for the layout; 0 = fixed layout
  u8 random[16] = {};  // AT_RANDOM
  u32 uid = 0, euid = 0, gid = 0, egid = 0;
  bool secure = false;  // AT_SECURE
};

struct LoadedProgram {
  VirtAddr entry;  // the interpreter's, if there is one
  VirtAddr stack_pointer;
  VirtAddr vdso;  // 0: none
};

// Fills `space`, which must have no mappings. On failure the space is to be thrown away, and `reason` is a
// static text. Errors: noexec (not a program for this machine), nomem, toobig (arguments), io.
Result<LoadedProgram> load_program(mm::AddressSpace& space, const LoadRequest& request, const char*& reason);

// Writes kernel bytes to user memory of a space that need not be active.
Result<void> write_memory(mm::AddressSpace& space, VirtAddr to, const void* from, u64 length);

}  // namespace baryon::exec
