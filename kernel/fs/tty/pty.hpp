// Pseudoterminals (pty(7)): a master, opened through /dev/ptmx, and the slave /dev/pts/<n>, a terminal.
//
//   master write ─▸ LineDiscipline::receive ─▸ slave read          the terminal emulator's side │ the program's
//   master read ◂── LineDiscipline::output ◂── slave write, echo
//
// Locking: `lock_`, a spin lock, guards the line discipline and everything else of a pair; user memory is copied
// outside it, through small buffers, and signals are sent after it.
#pragma once

#include "kernel/fs/tty/line_discipline.hpp"
#include "kernel/fs/tty/named_terminal.hpp"

namespace baryon::fs {

class Pty final : public NamedTerminal {
 public:
  // With a free number; ENOSPC. Named until its master is closed.
  static Result<Ref<Pty>> create();
  Result<Ref<File>> open(u32 flags) override;

  // --- the slave's side; `generation` is the opening file's ---
  Result<u64> slave_read(IoBuffer& buffer, u32 generation, bool nonblocking);
  Result<u64> slave_write(IoBuffer& buffer, u32 generation, bool nonblocking);
  u32 slave_poll(u32 generation);
  bool hung_up(u32 generation) const { return generation_.load(std::memory_order_acquire) != generation; }
  void close_slave(u32 generation);
  // --- the master's ---
  Result<u64> master_read(IoBuffer& buffer, bool nonblocking);
  Result<u64> master_write(IoBuffer& buffer, bool nonblocking);
  u32 master_poll();
  void close_master();
  // --- either ---
  Result<u64> ioctl(u32 command, u64 argument, bool master);
  sched::WaitQueue slave_queue, master_queue;  // pollers

  std::atomic<bool> locked{true};  // unlockpt(3)

 private:
  template <class T, class... Args>
  friend Result<Ref<T>> baryon::make_ref(Args&&...);
  friend class NamedTerminal;
  Pty(u32 number, u32 owner) : NamedTerminal(number, owner) {}
  ~Pty() override = default;

  Result<void> wait_for_input(u32 generation, u64 deadline_ns, u32 minimum, bool nonblocking);
  Result<u64> get_settings(u64 argument, u64 size);
  Result<u64> set_settings(u32 command, u64 argument, u64 size, bool master);
  Result<u64> get_old_settings(u64 argument);
  Result<u64> set_old_settings(u32 command, u64 argument, bool master);
  Result<u64> apply(const Termios& wanted, bool flush_first);
  Result<u64> flush(u64 which, bool master);
  Result<u64> set_window(u64 argument);
  void hang_up();  // the master has gone: what is open on the slave is dead
  void send(LineDiscipline::Signals signals);
  bool slave_gone() const { return slave_was_open_ && slaves_ == 0; }  // lock_ held
  void wake_slave(u32 events);
  void wake_master(u32 events);

  mutable SpinLock lock_;
  LineDiscipline line_;
  WindowSize window_;
  u32 slaves_ = 0;  // open files of this generation
  bool slave_was_open_ = false;
  bool master_open_ = true;
  std::atomic<u32> generation_{0};                     // files that were opened before a hang-up are dead
  sched::WaitQueue input_queue_, output_space_queue_;  // slave readers, slave writers
  sched::WaitQueue output_queue_, input_space_queue_;  // master readers, master writers
};

// open(2) of /dev/ptmx: a new pair.
Result<Ref<File>> open_master(u32 flags);

}  // namespace baryon::fs
