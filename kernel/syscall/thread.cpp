// Threads: exit(2), set_tid_address(2), robust lists, arch_prctl(2).
#include <arch/thread_control.hpp>

#include "kernel/sched/current.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {
Result<u64> sys_exit(SyscallContext& c) { sched::exit_current((c.arg[0] & 0xff) << 8); }

Result<u64> sys_exit_group(SyscallContext& c) {
  const u32 status = (c.arg[0] & 0xff) << 8;
  sched::current_process().begin_exit(status);
  sched::exit_current(status);
}

Result<u64> sys_set_tid_address(SyscallContext& c) {
  sched::current().clear_child_tid = c.arg[0];
  return u64{sched::current().tid()};
}

Result<u64> sys_gettid(SyscallContext&) { return u64{sched::current().tid()}; }

Result<u64> sys_set_robust_list(SyscallContext& c) {
  constexpr u64 kHeadSize = 24;
  if (c.arg[1] != kHeadSize) return Errno::inval;
  sched::current().robust_list = c.arg[0];
  return 0;
}

Result<u64> sys_get_robust_list(SyscallContext& c) {
  VirtAddr head = sched::current().robust_list;
  if (const u32 tid = static_cast<u32>(c.arg[0]); tid != 0) {
    Ref<sched::Task> task = sched::find_task(tid);
    if (!task) return Errno::srch;
    if (task->process != sched::current().process) return Errno::perm;
    head = task->robust_list;
  }
  constexpr u64 kHeadSize = 24;
  TRY(copy_out(c.arg[2], kHeadSize));
  TRY(copy_out(c.arg[1], head));
  return 0;
}

Result<u64> sys_arch_prctl(SyscallContext& c) { return arch::thread_control(c.arg[0], c.arg[1]); }

}  // namespace baryon::syscall
