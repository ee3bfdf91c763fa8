// System call handlers: one function each, grouped by family in <family>*.cpp, listed with their numbers
// and argument formats in table_<family>.def.
#pragma once

#include "kernel/abi/boot_page.hpp"
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

// --- tracing into the log ring (--strace), strace.cpp ---
void set_tracing(bool on);  // before the program runs
bool is_tracing();

// One line for a finished call of the current task, e.g. "read(3, "abc"..., 4096) = 3". Reads user memory: may block.
void trace(const TableEntry* entry, u64 number, const u64 (&arguments)[6], i64 result);
// Whether the call does not return and hence is traced before it is made (its result means nothing).
bool traced_before(const TableEntry* entry);
// The last line: how process 1 ended. Called by its last thread.
void trace_exit(abi::ExitReason reason, i32 value);

}  // namespace baryon::syscall
