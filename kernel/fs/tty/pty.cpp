// Pairs of pseudoterminals: data and waiting. ioctl(2) is in pty_control.cpp, the files are in pty_files.cpp.
#include "kernel/fs/tty/pty.hpp"

#include <algorithm>
#include <bit>

#include "kernel/sched/clock.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/sched/timer.hpp"

namespace baryon::fs {
namespace {

constexpr u32 kChunk = 256;  // bytes that cross the lock at a time
constexpr u32 kReadable = kPollIn | kPollReadNormal, kWritable = kPollOut | kPollWriteNormal;
constexpr u32 kDead = kReadable | kWritable | kPollError | kPollHangUp;
constexpr u64 kVtimeUnitNs = 100'000'000;

}  // namespace

Result<Ref<Pty>> Pty::create() { return make_named<Pty>(sched::current_process().credentials.fsuid); }

void Pty::wake_slave(u32 events) {
  if (events & kReadable) input_queue_.wake_all();
  if (events & kWritable) output_space_queue_.wake_all();
  slave_queue.wake_all(events);
}

void Pty::wake_master(u32 events) {
  if (events & kReadable) output_queue_.wake_all();
  if (events & kWritable) input_space_queue_.wake_all();
  master_queue.wake_all(events);
}

void Pty::send(LineDiscipline::Signals signals) {
  for (; signals != 0; signals &= signals - 1) signal_foreground(std::countr_zero(signals));
}

// --- the slave's side ---

Result<void> Pty::wait_for_input(u32 generation, u64 deadline_ns, u32 minimum, bool nonblocking) {
  const auto ready = [&] {
    if (hung_up(generation)) return true;
    SpinGuard guard(lock_);
    return line_.readable(minimum);
  };
  if (ready()) return {};
  if (nonblocking) return Errno::again;
  return sched::wait(input_queue_, ready, deadline_ns);
}

Result<u64> Pty::slave_read(IoBuffer& buffer, u32 generation, bool nonblocking) {
  if (buffer.remaining() == 0) return u64{0};
  u64 done = 0;
  u64 deadline = sched::kNever;
  for (bool first = true;; first = false) {
    if (hung_up(generation)) return done;
    TRY(check_read());
    // Raw mode, termios(3): VMIN bytes, or what came until VTIME ran out: from the start of the read if VMIN is 0, else
    // between bytes.
    u32 minimum = 1;
    u64 time = 0;
    bool raw = false;
    {
      SpinGuard guard(lock_);
      raw = !(line_.settings().local & kIcanon);
      minimum = line_.settings().characters[kVmin];
      time = line_.settings().characters[kVtime] * kVtimeUnitNs;
    }
    if (raw && time != 0 && (done > 0 || (first && minimum == 0)))
      deadline = sched::deadline_after(sched::monotonic_ns(), time);
    const bool at_once = nonblocking || (raw && minimum == 0 && time == 0);
    auto waited = wait_for_input(generation, deadline, 1, at_once);
    if (!waited.ok()) {
      const Errno why = waited.error().code();
      if (done > 0) return done;
      if (why == Errno::timedout || (why == Errno::again && !nonblocking)) return u64{0};
      return waited.error();
    }
    u8 bytes[kChunk];
    bool end = false;
    u32 count = 0;
    {
      SpinGuard guard(lock_);
      count = line_.take({bytes, std::min<u64>(kChunk, buffer.remaining())}, end);
    }
    if (count > 0) {
      wake_master(kWritable);
      const u64 copied = TRY(buffer.copy_in(bytes, count));
      done += copied;
      if (copied < count) return done;
    }
    if (end || buffer.remaining() == 0) return done;
    if (raw && done >= minimum) {
      SpinGuard guard(lock_);
      if (!line_.readable()) return done;
    }
  }
}

Result<u64> Pty::slave_write(IoBuffer& buffer, u32 generation, bool nonblocking) {
  u64 done = 0;
  if (hung_up(generation)) return Errno::io;
  bool holds_background = false;
  {
    SpinGuard guard(lock_);
    holds_background = line_.settings().local & kTostop;
  }
  if (holds_background) TRY(check_change());
  while (buffer.remaining() > 0) {
    u8 bytes[kChunk];
    const u64 copied = TRY(buffer.copy_out(bytes, std::min<u64>(kChunk, buffer.remaining())));
    for (u32 at = 0; at < copied;) {
      u32 count = 0;
      {
        SpinGuard guard(lock_);
        if (!line_.stopped()) count = line_.put({bytes + at, copied - at});
      }
      at += count;
      done += count;
      if (count > 0) wake_master(kReadable);
      if (at == copied) break;
      if (nonblocking) return done ? Result<u64>(done) : Errno::again;
      auto waited = sched::wait(output_space_queue_, [&] {
        if (hung_up(generation)) return true;
        SpinGuard guard(lock_);
        return !line_.stopped() && line_.output().space() >= kChunk;
      });
      if (!waited.ok()) return done ? Result<u64>(done) : waited.error();
      if (hung_up(generation)) return done ? Result<u64>(done) : Errno::io;
    }
  }
  return done;
}

u32 Pty::slave_poll(u32 generation) {
  if (hung_up(generation)) return kDead;
  SpinGuard guard(lock_);
  const Termios& settings = line_.settings();
  const u32 minimum = settings.characters[kVtime] == 0 ? std::max<u32>(settings.characters[kVmin], 1) : 1;
  return (line_.readable(minimum) ? kReadable : 0) |
         (!line_.stopped() && line_.output().space() >= kChunk ? kWritable : 0);
}

void Pty::close_slave(u32 generation) {
  {
    SpinGuard guard(lock_);
    if (hung_up(generation) || --slaves_ > 0) return;
  }
  wake_master(kReadable | kPollHangUp);
}

void Pty::hang_up() {
  {
    SpinGuard guard(lock_);
    generation_.fetch_add(1, std::memory_order_acq_rel);
    slaves_ = 0;
  }
  wake_slave(kDead);
  wake_master(kReadable | kPollHangUp);
}

// --- the master's side ---

Result<u64> Pty::master_read(IoBuffer& buffer, bool nonblocking) {
  while (buffer.remaining() > 0) {
    u8 bytes[kChunk];
    u32 count = 0;
    bool gone = false;
    {
      SpinGuard guard(lock_);
      count = line_.output().take(bytes, static_cast<u32>(std::min<u64>(kChunk, buffer.remaining())));
      gone = slave_gone();
    }
    if (count > 0) {
      wake_slave(kWritable);
      return buffer.copy_in(bytes, count);
    }
    if (gone) return Errno::io;
    if (nonblocking) return Errno::again;
    TRY(sched::wait(output_queue_, [&] {
      SpinGuard guard(lock_);
      return line_.output().used() > 0 || slave_gone();
    }));
  }
  return u64{0};
}

Result<u64> Pty::master_write(IoBuffer& buffer, bool nonblocking) {
  u64 done = 0;
  while (buffer.remaining() > 0) {
    u8 bytes[kChunk];
    const u64 copied = TRY(buffer.copy_out(bytes, std::min<u64>(kChunk, buffer.remaining())));
    for (u32 at = 0; at < copied;) {
      LineDiscipline::Signals signals = 0;
      u32 count = 0, events = 0;
      bool echoed = false, resumed = false;
      {
        SpinGuard guard(lock_);
        const u32 before = line_.output().used();
        const bool was_stopped = line_.stopped();
        count = line_.receive({bytes + at, copied - at}, signals);
        if (line_.readable()) events |= kReadable;
        echoed = line_.output().used() != before;
        resumed = was_stopped && !line_.stopped();
      }
      at += count;
      done += count;
      send(signals);
      if (resumed) events |= kWritable;
      if (events) wake_slave(events);
      if (echoed) wake_master(kReadable);
      if (at == copied) break;
      if (nonblocking) return done ? Result<u64>(done) : Errno::again;
      auto waited = sched::wait(input_space_queue_, [&] {
        SpinGuard guard(lock_);
        return line_.available() < LineDiscipline::kInputSize / 2;
      });
      if (!waited.ok()) return done ? Result<u64>(done) : waited.error();
    }
  }
  return done;
}

u32 Pty::master_poll() {
  SpinGuard guard(lock_);
  u32 events = line_.output().used() > 0 ? kReadable : 0;
  if (line_.available() < LineDiscipline::kInputSize / 2) events |= kWritable;
  if (slave_gone()) events |= kPollHangUp;
  return events;
}

void Pty::close_master() {
  leave_table();
  {
    SpinGuard guard(lock_);
    master_open_ = false;
  }
  const u32 leader = session();
  (void)release();
  hang_up();
  // As when a line is dropped (tty_vhangup): the session's leader alone is told.
  if (leader == 0) return;
  sched::signal_process(leader, sched::kSighup);
  sched::signal_process(leader, sched::kSigcont);
}

}  // namespace baryon::fs
