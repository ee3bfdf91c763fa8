// What every terminal is to sessions and process groups: job control (credentials(7), ioctl_tty(2),
// POSIX.1-2017, 11.1).
//
// A terminal controls at most one session, a session has at most one terminal: so the session's number in the terminal
// is the whole relation, and a process's controlling terminal is found by its session.
//
// Locking: session and foreground group are plain words that any look may find changed a moment later, as on Linux
// between the check and the read. Taking and giving up a terminal is serialised by a lock of terminal.cpp.
#pragma once

#include <atomic>

#include "kernel/fs/file.hpp"

namespace baryon::fs {

class Terminal : public RefCounted {
 public:
  // What fstat shows as its device, and /proc/<pid>/stat.
  explicit Terminal(u64 device) : device(device) {}

  // Opens it once more, for /dev/tty.
  virtual Result<Ref<File>> open(u32 flags) = 0;

  // Before a read: a process in the background gets SIGTTIN. Errors: restart_sys after the signal, io if it would be in
  // vain (ignored, blocked, orphaned group).
  Result<void> check_read();
  // Before a change of the terminal, or a write under TOSTOP: SIGTTOU. Who ignores or blocks it may go on.
  Result<void> check_change();
  // open(2) without O_NOCTTY by a session's leader that has no terminal yet.
  void offer_to_session();
  // TIOCSCTTY, TIOCNOTTY, TIOCGPGRP, TIOCSPGRP, TIOCGSID. `from_master`: the question comes from a pseudoterminal's
  // other side, which may ask whatever its session. Other commands: Errno::notty.
  Result<u64> control(u32 command, u64 argument, bool from_master);
  void signal_foreground(int signal);

  u32 session() const { return session_.load(std::memory_order_relaxed); }
  u32 foreground() const { return foreground_.load(std::memory_order_relaxed); }
  // Gives it to a session at boot.
  void assign(u32 session, u32 group);
  // Leaves its session, telling nobody; returns the old foreground group.
  u32 release();

  const u64 device;

 protected:
  ~Terminal() override;

 private:
  friend Ref<Terminal> terminal_of_session(u32 session);
  bool is_callers() const;
  Result<void> acquire(bool steal);

  std::atomic<u32> session_{0}, foreground_{0};
  Terminal* next_ = nullptr;  // in terminal.cpp's list of those that have a session
};

// The controlling terminal of a session, or null.
Ref<Terminal> terminal_of_session(u32 session);
// Registers what happens at a session leader's end. Once, at boot.
void watch_session_ends();

}  // namespace baryon::fs
