// System call filters (seccomp(2)): asked by dispatch() for tasks that have some.
#pragma once

#include <span>

#include "kernel/sched/task.hpp"
#include "kernel/syscall/bpf.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {

// sched::Task::seccomp_mode.
inline constexpr u32 kSeccompNone = 0, kSeccompStrict = 1, kSeccompFilter = 2;

// Whether the call may be made. If not, `result` is what it returns; a signal may be pending, or the task does not
// return from here.
bool seccomp_allows(const SyscallContext& context, u64 number, i64& result);
Result<u64> set_seccomp(u32 operation, u32 flags, VirtAddr argument);
// A first filter for sched::Task::seccomp_filters of a task that does not run yet. Errors: inval (no such program),
// nomem.
Result<Ref<RefCounted>> make_filter(std::span<const bpf::Instruction> program);

}  // namespace baryon::syscall
