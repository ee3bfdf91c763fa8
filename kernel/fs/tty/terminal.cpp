#include "kernel/fs/tty/terminal.hpp"

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/fs/ioctls.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/signal.hpp"

namespace baryon::fs {
namespace {

constinit SpinLock terminals_lock;  // the list below, and who takes which terminal
// Those that have a session.
constinit Terminal* terminals = nullptr;

// The way a background process is held off (POSIX.1-2017, 11.1.4). Ok: it may go on.
Result<void> hold_off(int signal, bool ignoring_passes) {
  sched::Process& self = sched::current_process();
  if (sched::current_blocks_or_ignores(signal)) return ignoring_passes ? Result<void>{} : Result<void>{Errno::io};
  if (sched::is_orphaned_group(self.group_id, self.session_id)) return Errno::io;
  sched::signal_group(self.group_id, signal);
  arch::set_work_pending();
  return Errno::restart_sys;
}

// A session's leader has ended: its terminal is free, and who was in the foreground learns of it. What is open on the
// terminal stays usable, as on Linux's pseudoterminals (disassociate_ctty).
void session_ended(u32 session) {
  Ref<Terminal> terminal = terminal_of_session(session);
  if (!terminal) return;
  if (const u32 foreground = terminal->release(); foreground != 0) sched::signal_group(foreground, sched::kSighup);
}

}  // namespace

Terminal::~Terminal() { (void)release(); }

Ref<Terminal> terminal_of_session(u32 session) {
  if (session == 0) return {};
  SpinGuard guard(terminals_lock);
  for (Terminal* at = terminals; at != nullptr; at = at->next_)
    if (at->session() == session) return at->try_ref() ? Ref<Terminal>::adopt(at) : Ref<Terminal>();
  return {};
}

void watch_session_ends() { sched::session_end_hook = session_ended; }

bool Terminal::is_callers() const { return session() != 0 && session() == sched::current_process().session_id; }

void Terminal::assign(u32 session, u32 group) {
  SpinGuard guard(terminals_lock);
  if (this->session() == 0) {
    next_ = terminals;
    terminals = this;
  }
  session_.store(session, std::memory_order_relaxed);
  foreground_.store(group, std::memory_order_relaxed);
}

u32 Terminal::release() {
  SpinGuard guard(terminals_lock);
  if (session() == 0) return 0;
  for (Terminal** at = &terminals; *at != nullptr; at = &(*at)->next_)
    if (*at == this) {
      *at = next_;
      break;
    }
  session_.store(0, std::memory_order_relaxed);
  return foreground_.exchange(0, std::memory_order_relaxed);
}

Result<void> Terminal::check_read() {
  if (!is_callers() || foreground() == sched::current_process().group_id) return {};
  return hold_off(sched::kSigttin, false);
}

Result<void> Terminal::check_change() {
  if (!is_callers() || foreground() == sched::current_process().group_id) return {};
  return hold_off(sched::kSigttou, true);
}

Result<void> Terminal::acquire(bool steal) {
  sched::Process& self = sched::current_process();
  if (is_callers() && self.session_id == self.pid()) return {};
  if (self.session_id != self.pid() || terminal_of_session(self.session_id)) return Errno::perm;
  if (session() != 0) {
    if (!steal || !self.credentials.can(sched::Capability::sys_admin)) return Errno::perm;
    (void)release();
  }
  assign(self.session_id, self.group_id);
  return {};
}

void Terminal::offer_to_session() {
  if (session() == 0) (void)acquire(false);
}

void Terminal::signal_foreground(int signal) {
  if (const u32 group = foreground(); group != 0) sched::signal_group(group, signal);
}

Result<u64> Terminal::control(u32 command, u64 argument, bool from_master) {
  sched::Process& self = sched::current_process();
  switch (command) {
    case kTiocsctty: TRY(acquire(argument == 1)); return u64{0};
    case kTiocnotty: {
      if (!is_callers()) return Errno::notty;
      // Only the leader's word counts for the session; another process keeps sharing what it cannot leave alone.
      if (self.session_id != self.pid()) return u64{0};
      const u32 group = release();
      sched::signal_group(group, sched::kSighup);
      sched::signal_group(group, sched::kSigcont);
      return u64{0};
    }
    case kTiocgpgrp: {
      if (!from_master && !is_callers()) return Errno::notty;
      const u32 group = foreground();
      return arch::copy_to_user(argument, &group, sizeof group) ? Result<u64>(u64{0}) : Result<u64>(Errno::fault);
    }
    case kTiocspgrp: {
      if (!is_callers()) return Errno::notty;
      TRY(check_change());
      i32 group = 0;
      if (!arch::copy_from_user(&group, argument, sizeof group)) return Errno::fault;
      if (group < 0) return Errno::inval;
      if (!sched::group_exists(static_cast<u32>(group), 0)) return Errno::srch;
      if (!sched::group_exists(static_cast<u32>(group), self.session_id)) return Errno::perm;
      foreground_.store(static_cast<u32>(group), std::memory_order_relaxed);
      return u64{0};
    }
    case kTiocgsid: {
      if (session() == 0 || (!from_master && !is_callers())) return Errno::notty;
      const u32 id = session();
      return arch::copy_to_user(argument, &id, sizeof id) ? Result<u64>(u64{0}) : Result<u64>(Errno::fault);
    }
    default: return Errno::notty;
  }
}

}  // namespace baryon::fs
