// Waiting for any of several files: what poll(2) and select(2) are made of.
#pragma once

#include "kernel/base/vector.hpp"
#include "kernel/fs/file.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::fs {

class Poller {
 public:
  struct Watched {
    Ref<File> file;  // null: no such descriptor, always POLLNVAL
    u32 interest;
    u32 events = 0;  // result
  };

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  Result<void> add(Ref<File> file, u32 interest) { return files_.push_back({std::move(file), interest, 0}); }
  // Until at least one file has events or the deadline (0: only looks). Returns how many have. Errors: intr when a
  // signal came first. Once per object.
  Result<u32> wait(u64 deadline_ns);
  std::span<Watched> files() { return files_.span(); }

 private:
  static bool notify(sched::WaitEntry& entry, u32 events);
  u32 look();

  sched::Task& task_;
  std::atomic<bool> notified_{false};
  Vector<Watched> files_;
  Vector<sched::WaitEntry*> entries_;
};

}  // namespace baryon::fs
