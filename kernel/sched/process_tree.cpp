// The family tree: births, ends, groups and sessions. Waiting is in wait_child.cpp.
#include "kernel/sched/process_tree.hpp"

#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/sched/task_table.hpp"

namespace baryon::sched {

SpinLock tree_lock;
void (*session_end_hook)(u32 session) = nullptr;

namespace {

WaitQueue ends;  // told of every process's end
constexpr u64 kEndPatienceNs = 5'000'000'000;

SigInfo info_for_parent(Process& process, i32 code, u32 status) {
  SigInfo info;
  info.signo = static_cast<int>(process.exit_signal);
  info.code = code;
  info.child.pid = static_cast<i32>(process.pid());
  info.child.uid = process.credentials.uid;
  info.child.status = static_cast<i32>(status);
  info.child.user_ticks = static_cast<i64>(process.finished_cpu_ns.load(std::memory_order_relaxed) / 10'000'000);
  info.child.system_ticks = 0;
  return info;
}

// wait(2), notes: a parent that ignores SIGCHLD, or has SA_NOCLDWAIT, leaves no zombies.
bool wants_no_zombies(Process& parent, bool& ignores) {
  SpinGuard guard(parent.lock);
  const SignalAction& action = parent.actions[kSigchld - 1];
  ignores = action.handler == kSigIgnore;
  return ignores || (action.flags & kSaNocldwait) != 0;
}

// Tells the parent of a zombie; true if nobody will wait for it. Tree lock held.
bool notify_parent(Process& process) {
  Process& parent = *process.parent;
  bool ignores = false;
  const bool unwanted = process.exit_signal == kSigchld && wants_no_zombies(parent, ignores);
  WaitReport report;
  report.status = process.wait_status();
  if (process.exit_signal != 0 && !(unwanted && ignores)) {
    SigInfo info = info_for_parent(process, 0, 0);
    child_info(report, info);
    (void)send_signal(parent, info);
  }
  parent.child_events.wake_all();
  return unwanted;
}

void unlink_child(Process& child) {
  child.sibling_node.unlink();
  child.reaped = true;
  remove_process(child);
}

Process& heir_of(Process& process, Process& init) {
  for (Process* at = process.parent; at != nullptr; at = at->parent)
    if (at->subreaper && !at->exiting()) return *at;
  return init;
}

// Hangs the children of an ending process elsewhere. Those that nobody wants go to `dead`. Tree lock held.
void hand_over_children(Process& process, List<Process, &Process::sibling_node>& dead) {
  Process* init = &process;
  while (init->parent != nullptr) init = init->parent;
  // The ancestor may be one that the host has started beside process 1.
  if (const Ref<Process> first = find_process(1)) init = first.get();
  if (init == &process) return;  // everything ends with it
  Process& heir = heir_of(process, *init);
  while (Process* child = process.children().pop_front()) {
    heir.children().push_back(*child);
    child->parent = &heir;
    child->parent_pid = heir.pid();
    if (child->parent_death_signal != 0 && !child->zombie) {
      SigInfo info;
      info.signo = static_cast<int>(child->parent_death_signal);
      info.code = kSiUser;
      info.user.pid = static_cast<i32>(process.pid());
      info.user.uid = process.credentials.uid;
      (void)send_signal(*child, info);
    }
    child->exit_signal = kSigchld;
    if (child->zombie && notify_parent(*child)) {
      unlink_child(*child);
      dead.push_back(*child);
    }
  }
}

void drop_all(List<Process, &Process::sibling_node>& dead) {
  while (Process* process = dead.pop_front()) process->unref();
}

template <class F>
bool any_process(F&& f) {
  bool any = false;
  for_each_process([&](Process& p) {
    any = f(p);
    return !any;
  });
  return any;
}

// A live member whose parent is in the same session but another group keeps a group from being orphaned.
bool is_held(u32 group, u32 session, const Process* except_parent) {
  return any_process([&](Process& p) {
    return p.group_id == group && !p.zombie && p.parent != nullptr && p.parent != except_parent &&
           p.parent->group_id != group && p.parent->session_id == session;
  });
}

// The end of a parent may orphan its children's groups: stopped members would never be continued
// (POSIX.1-2017, _Exit, "Consequences of process termination"). Tree lock held; children not handed over yet.
void settle_orphaned_groups(Process& process) {
  for (Process& child : process.children()) {
    const u32 group = child.group_id;
    if (child.session_id != process.session_id || group == process.group_id) continue;
    if (is_held(group, process.session_id, &process)) continue;
    if (!any_process([&](Process& p) { return p.group_id == group && p.group_stop; })) continue;
    signal_group(group, kSighup);
    signal_group(group, kSigcont);
  }
}

}  // namespace

namespace {

SigInfo kernels_word(int signal) {
  SigInfo info;
  info.signo = signal;
  info.code = kSiKernel;
  return info;
}

}  // namespace

void signal_process(u32 pid, int signal) {
  if (const Ref<Process> process = find_process(pid)) (void)send_signal(*process, kernels_word(signal));
}

void signal_group(u32 group, int signal) {
  const SigInfo info = kernels_word(signal);
  for_each_process([&](Process& p) {
    if (p.group_id == group) (void)send_signal(p, info);
    return true;
  });
}

void adopt_child(Process& creator, Process& child, bool as_sibling) {
  child.ref();  // the list's
  SpinGuard guard(tree_lock);
  Process& parent = as_sibling && creator.parent != nullptr ? *creator.parent : creator;
  child.parent = &parent;
  child.parent_pid = parent.pid();
  child.group_id = creator.group_id;
  child.session_id = creator.session_id;
  parent.children().push_back(child);
}

void disown_child(Process& child) {
  {
    SpinGuard guard(tree_lock);
    unlink_child(child);
    child.parent = nullptr;
  }
  child.unref();
}

void announce_exit(Process& process) {
  List<Process, &Process::sibling_node> dead;
  bool unwanted = false;
  if (session_end_hook != nullptr && process.session_id == process.pid()) session_end_hook(process.session_id);
  {
    SpinGuard guard(tree_lock);
    settle_orphaned_groups(process);
    hand_over_children(process, dead);
    process.zombie = true;
    process.stop_report = 0;
    process.continue_report = false;
    if (process.parent != nullptr) {
      unwanted = notify_parent(process);
      if (unwanted) unlink_child(process);
    } else {
      process.reaped = true;
      remove_process(process);  // without a parent: nobody waits
    }
  }
  process.end_events.wake_all();
  ends.wake_all();
  drop_all(dead);
  if (unwanted) process.unref();
}

void end_all_others() {
  Process& self = current_process();
  // Also those that a dying process has just made.
  const auto all_ended = [&self] {
    return !any_process([&](Process& p) {
      if (&p == &self || p.zombie) return false;
      p.begin_exit(kSigkill);
      return true;
    });
  };
  for_each_process([&](Process& p) {
    if (&p != &self) p.begin_exit(kSigkill);
    return true;
  });
  (void)wait(ends, all_ended, deadline_after(monotonic_ns(), kEndPatienceNs), Interruptible::no);
}

void report_stopped(Process& process) {
  SpinGuard guard(tree_lock);
  process.stop_report = process.stop_signal;
  process.continue_report = false;
  if (process.parent == nullptr) return;
  Process& parent = *process.parent;
  bool tell = false;
  {
    SpinGuard parent_guard(parent.lock);
    tell = (parent.actions[kSigchld - 1].flags & kSaNocldstop) == 0;
  }
  SigInfo info = info_for_parent(process, kCldStopped, process.stop_signal);
  info.signo = kSigchld;
  if (tell) (void)send_signal(parent, info);
  parent.child_events.wake_all();
}

void report_continued(Process& process) {
  SpinGuard guard(tree_lock);
  process.stop_report = 0;
  process.continue_report = true;
  if (process.parent == nullptr) return;
  Process& parent = *process.parent;
  bool tell = false;
  {
    SpinGuard parent_guard(parent.lock);
    tell = (parent.actions[kSigchld - 1].flags & kSaNocldstop) == 0;
  }
  SigInfo info = info_for_parent(process, kCldContinued, kSigcont);
  info.signo = kSigchld;
  if (tell) (void)send_signal(parent, info);
  parent.child_events.wake_all();
}

Result<void> set_group(Process& caller, Process& process, u32 group) {
  SpinGuard guard(tree_lock);
  if (process.zombie) return Errno::srch;
  if (&process != &caller) {
    if (process.parent != &caller) return Errno::srch;
    if (process.session_id != caller.session_id) return Errno::perm;
    if (process.has_executed) return Errno::acces;
  }
  if (process.session_id == process.pid()) return Errno::perm;  // a session leader
  if (group != process.pid()) {
    const auto is_member = [&](Process& p) { return p.group_id == group && p.session_id == caller.session_id; };
    if (!any_process(is_member)) return Errno::perm;
  }
  process.group_id = group;
  return {};
}

Result<u32> new_session(Process& process) {
  SpinGuard guard(tree_lock);
  if (any_process([&](Process& p) { return p.group_id == process.pid(); })) return Errno::perm;
  process.group_id = process.session_id = process.pid();
  return process.pid();
}

bool group_exists(u32 group, u32 session) {
  SpinGuard guard(tree_lock);
  return any_process(
      [&](Process& p) { return p.group_id == group && !p.reaped && (session == 0 || p.session_id == session); });
}

bool is_orphaned_group(u32 group, u32 session) {
  SpinGuard guard(tree_lock);
  return !is_held(group, session, nullptr);
}

}  // namespace baryon::sched
