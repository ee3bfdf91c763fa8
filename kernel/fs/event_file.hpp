// eventfd(2) and timerfd_create(2).
#pragma once

#include "kernel/fs/file.hpp"
#include "kernel/sched/timer.hpp"

namespace baryon::fs {

class EventFile final : public AnonymousFile {
 public:
  EventFile(u64 initial, bool semaphore, u32 flags)
      : AnonymousFile(kReadWrite | flags, "anon_inode:[eventfd]", 0600), semaphore_(semaphore), count_(initial) {}
  Result<u64> read_at(IoBuffer& buffer, u64) override;
  Result<u64> write_at(IoBuffer& buffer, u64&) override;
  u32 poll(u32) override;
  sched::WaitQueue* poll_queue() override { return &poll_queue_; }
  FileKind kind() const override { return FileKind::event; }

 private:
  static constexpr u64 kMax = ~u64{0} - 1;
  const bool semaphore_;
  std::atomic<u64> count_;
  sched::WaitQueue readers_, writers_, poll_queue_;
};

class TimerFile final : public AnonymousFile {
 public:
  TimerFile(bool realtime, u32 flags)
      : AnonymousFile(kReadWrite | flags, "anon_inode:[timerfd]", 0600), realtime_(realtime), timer_(expired, this) {}
  struct Setting {
    u64 interval_ns;
    u64 value_ns;  // until the next expiry; 0: disarmed
  };
  // Returns what was set before.
  Setting set(u64 interval_ns, u64 value_ns, bool absolute);
  Setting get();
  Result<u64> read_at(IoBuffer& buffer, u64) override;
  u32 poll(u32) override;
  sched::WaitQueue* poll_queue() override { return &poll_queue_; }
  FileKind kind() const override { return FileKind::timer; }

 private:
  static u64 expired(sched::Timer& timer, void* context);
  ~TimerFile() override { timer_.cancel(); }

  const bool realtime_;
  Mutex set_lock_;
  std::atomic<u64> interval_ns_{0};
  std::atomic<u64> next_ns_{sched::kNever};  // monotonic
  std::atomic<u64> expirations_{0};
  sched::WaitQueue readers_, poll_queue_;
  sched::Timer timer_;
};

}  // namespace baryon::fs
