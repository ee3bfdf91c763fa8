#include "kernel/fs/event_file.hpp"

namespace baryon::fs {

Result<u64> EventFile::read_at(IoBuffer& buffer, u64) {
  if (buffer.remaining() < 8) return Errno::inval;
  u64 value = 0;
  auto take = [&] {
    u64 count = count_.load(std::memory_order_acquire);
    while (count != 0) {
      value = semaphore_ ? 1 : count;
      if (count_.compare_exchange_weak(count, count - value, std::memory_order_acq_rel)) return true;
    }
    return false;
  };
  if (!take()) {
    if (nonblocking()) return Errno::again;
    TRY(sched::wait(readers_, [&] { return value != 0 || take(); }));
  }
  writers_.wake_all();
  poll_queue_.wake_all(kPollOut | kPollWriteNormal);
  TRY(buffer.copy_in(&value, sizeof value));
  return u64{8};
}

Result<u64> EventFile::write_at(IoBuffer& buffer, u64&) {
  if (buffer.remaining() < 8) return Errno::inval;
  u64 value = 0;
  if (TRY(buffer.copy_out(&value, sizeof value)) != sizeof value) return Errno::fault;
  if (value == ~u64{0}) return Errno::inval;
  bool added = false;
  auto add = [&] {
    u64 count = count_.load(std::memory_order_acquire);
    while (kMax - count >= value)
      if (count_.compare_exchange_weak(count, count + value, std::memory_order_acq_rel)) return added = true;
    return false;
  };
  if (!add()) {
    if (nonblocking()) return Errno::again;
    TRY(sched::wait(writers_, [&] { return added || add(); }));
  }
  if (semaphore_) readers_.wake_n(value > 0xffff ? 0xffff : static_cast<u32>(value));
  else readers_.wake_one();
  poll_queue_.wake_all(kPollIn | kPollReadNormal);
  return u64{8};
}

u32 EventFile::poll(u32) {
  const u64 count = count_.load(std::memory_order_acquire);
  return (count > 0 ? kPollIn | kPollReadNormal : 0) | (count < kMax ? kPollOut | kPollWriteNormal : 0);
}

u64 TimerFile::expired(sched::Timer&, void* context) {
  auto& file = *static_cast<TimerFile*>(context);
  const u64 now = sched::monotonic_ns();
  const u64 interval = file.interval_ns_.load(std::memory_order_relaxed);
  u64 due = file.next_ns_.load(std::memory_order_relaxed);
  u64 count = 1;
  u64 next = sched::kNever;
  if (interval != 0 && due != sched::kNever) {
    if (now > due) count += (now - due) / interval;
    next = sched::deadline_after(due, count * interval);
  }
  file.next_ns_.store(next, std::memory_order_relaxed);
  file.expirations_.fetch_add(count, std::memory_order_acq_rel);
  file.readers_.wake_all();
  file.poll_queue_.wake_all(kPollIn | kPollReadNormal);
  return next;
}

TimerFile::Setting TimerFile::get() {
  const u64 next = next_ns_.load(std::memory_order_relaxed), now = sched::monotonic_ns();
  const u64 left = next == sched::kNever ? 0 : next > now ? next - now : 1;
  return {interval_ns_.load(std::memory_order_relaxed), left};
}

TimerFile::Setting TimerFile::set(u64 interval_ns, u64 value_ns, bool absolute) {
  MutexGuard guard(set_lock_);
  timer_.cancel();
  const Setting old = get();
  expirations_.store(0, std::memory_order_relaxed);
  interval_ns_.store(interval_ns, std::memory_order_relaxed);
  u64 deadline = sched::kNever;
  if (value_ns != 0) {
    if (!absolute) deadline = sched::deadline_after(sched::monotonic_ns(), value_ns);
    else deadline = realtime_ ? sched::realtime_to_monotonic(value_ns) : value_ns;
  }
  next_ns_.store(deadline, std::memory_order_relaxed);
  timer_.arm(deadline);
  return old;
}

Result<u64> TimerFile::read_at(IoBuffer& buffer, u64) {
  if (buffer.remaining() < 8) return Errno::inval;
  u64 value = 0;
  auto take = [&] { return value != 0 || (value = expirations_.exchange(0, std::memory_order_acq_rel)) != 0; };
  if (!take()) {
    if (nonblocking()) return Errno::again;
    TRY(sched::wait(readers_, take));
  }
  TRY(buffer.copy_in(&value, sizeof value));
  return u64{8};
}

u32 TimerFile::poll(u32) { return expirations_.load(std::memory_order_acquire) ? kPollIn | kPollReadNormal : 0; }

}  // namespace baryon::fs
