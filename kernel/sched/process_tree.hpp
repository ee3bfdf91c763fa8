// Parents and children: who is whose, who is told of an end, and waiting for it (wait(2), credentials(7)).
//
// One spin lock covers the tree, process groups and sessions. It is taken before the task table's lock and any
// Process::lock; user memory is never touched under it.
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::sched {

extern SpinLock tree_lock;

// A new process becomes a child of its creator, or of the creator's parent (CLONE_PARENT). Before its first thread
// starts.
void adopt_child(Process& creator, Process& child, bool as_sibling = false);
// Takes a child that never ran out again: fork failed half-way.
void disown_child(Process& child);

// The last thread of a process has gone and everything is given back: its children go to the nearest subreaper or to
// process 1, it becomes a zombie, and its parent is told. `wait_status` is its own.
void announce_exit(Process& process);

// Every process but the caller's is killed, and the call waits until they have ended (bounded). Process 1's end.
void end_all_others();

// --- waiting ---
struct WaitRequest {
  enum class Which { any, pid, group } which = Which::any;
  u32 id = 0;
  bool exited = true, stopped = false, continued = false;
  bool no_hang = false;
  bool keep = false;                      // WNOWAIT
  bool all = false, clones_only = false;  // __WALL, __WCLONE
};
struct WaitReport {
  u32 pid = 0;  // 0: nothing yet (no_hang)
  u32 uid = 0;
  u32 status = 0;  // wait(2)'s
  u64 cpu_ns = 0;
  u64 peak_pages = 0;
};
// Errors: child (no such child), restart_sys.
Result<WaitReport> wait_child(const WaitRequest& request);

// wait(2)'s status as siginfo has it: si_code and si_status.
void child_info(const WaitReport& report, SigInfo& info);

// --- stop and continue (signal.cpp tells; no lock held) ---
void report_stopped(Process& process);
void report_continued(Process& process);

// --- groups and sessions ---
// setpgid(2) for `process`, the caller or its child. Errors: srch, perm, acces.
Result<void> set_group(Process& caller, Process& process, u32 group);
Result<u32> new_session(Process& process);  // setsid(2). perm
// A group whose members' parents are all in the group or in other sessions: stop signals from the terminal would
// stop it for good (POSIX.1-2017, 3.262).
bool is_orphaned_group(u32 group, u32 session);
// Whether the group has a member, in that session (0: in any).
bool group_exists(u32 group, u32 session);
// The kernel's word to the process of that number, if there is one; to every member of a group.
void signal_process(u32 pid, int signal);
void signal_group(u32 group, int signal);
// Told of the end of a session's leader, before its parent is; no lock held. Set before programs run.
extern void (*session_end_hook)(u32 session);

}  // namespace baryon::sched
