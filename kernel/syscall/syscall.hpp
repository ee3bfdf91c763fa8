// System call handlers: one function each, grouped by family in <family>*.cpp, listed with their numbers
// and argument formats in table_<family>.def.
#pragma once

#include "kernel/arch/api/trap_frame.hpp"
#include "kernel/base/error.hpp"

namespace baryon::syscall {

struct SyscallContext {
  arch::TrapFrame& frame;  // the caller's registers; changed only by calls that must (sigreturn, exec)
  u64 arg[6];
};

using Handler = Result<u64> (*)(SyscallContext&);

struct TableEntry {
  Handler handler;        // nullptr: not implemented
  const char* name;       // nullptr: no such number known
  const char* arguments;  // formats for strace
};

// What the number means on this architecture; nullptr beyond the table.
const TableEntry* find(u64 number);

// Runs the call in the frame and puts its result there. ENOSYS, counted and logged once per number, for
// what nothing implements.
void dispatch(arch::TrapFrame& frame);

// Call tracing into the log ring (--strace).
void set_tracing(bool on);

// One strace line for a finished call, e.g. "[1] read(3, "abc"..., 4096) = 3".
void trace(const TableEntry* entry, u64 number, const u64 (&arguments)[6], i64 result);

}  // namespace baryon::syscall
