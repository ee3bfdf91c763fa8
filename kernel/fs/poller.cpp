#include "kernel/fs/poller.hpp"

#include "kernel/sched/current.hpp"

namespace baryon::fs {

Poller::Poller() : task_(sched::current()) {}

Poller::~Poller() {
  for (sched::WaitEntry* entry : entries_) {
    if (sched::WaitQueue* queue = entry->queue()) queue->remove(*entry);
    delete entry;
  }
}

bool Poller::notify(sched::WaitEntry& entry, u32) {
  auto& poller = *static_cast<Poller*>(entry.context());
  poller.notified_.store(true, std::memory_order_seq_cst);
  sched::wake(poller.task_);
  return false;
}

u32 Poller::look() {
  u32 count = 0;
  for (Watched& watched : files_) {
    const u32 mask = watched.interest | kPollError | kPollHangUp | kPollInvalid;
    watched.events = watched.file ? watched.file->poll(watched.interest) & mask : kPollInvalid;
    if (watched.events) ++count;
  }
  return count;
}

Result<u32> Poller::wait(u64 deadline_ns) {
  // Most calls find something: only then are entries worth their cost.
  if (u32 count = look(); count || deadline_ns == 0) return count;
  for (Watched& watched : files_) {
    sched::WaitQueue* queue = watched.file ? watched.file->poll_queue() : nullptr;
    if (!queue) continue;
    auto* entry = new (std::nothrow) sched::WaitEntry(notify, this);
    if (!entry) return Errno::nomem;
    auto kept = entries_.push_back(entry);
    if (!kept.ok()) {
      delete entry;
      return kept.error();
    }
    queue->add(*entry);
  }
  for (;;) {
    notified_.store(false, std::memory_order_seq_cst);
    if (u32 count = look()) return count;
    if (deadline_ns != sched::kNever && sched::monotonic_ns() >= deadline_ns) return 0u;
    sched::prepare_to_block();
    if (notified_.load(std::memory_order_seq_cst)) {
      sched::cancel_block();
      continue;
    }
    if (sched::interrupted(sched::Interruptible::yes)) {
      sched::cancel_block();
      (void)sched::interrupted_error();
      return Errno::intr;
    }
    sched::block(deadline_ns);
    sched::cancel_block();
  }
}

}  // namespace baryon::fs
