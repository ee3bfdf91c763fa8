#include "kernel/net/rights.hpp"

#include <atomic>

#include "kernel/base/spinlock.hpp"

namespace baryon::net {
namespace {

constinit std::atomic<u32> in_flight{0};

struct Batch {
  Vector<Ref<RefCounted>> files;
  Batch* next = nullptr;
};
struct Graveyard {
  Batch* first = nullptr;
  bool being_emptied = false;
};
constinit SpinLocked<Graveyard> graveyard;

}  // namespace

u32 rights_in_flight() { return in_flight.load(std::memory_order_relaxed); }

Result<Rights> Rights::duplicate() const {
  Rights copy;
  for (const Ref<RefCounted>& file : files_) TRY(copy.files_.push_back(file));
  return copy;
}

Result<void> Rights::take_off(u64 limit) {
  const u32 count = size();
  if (in_flight.fetch_add(count, std::memory_order_relaxed) + u64{count} > limit) {
    in_flight.fetch_sub(count, std::memory_order_relaxed);
    return Errno::toomanyrefs;
  }
  counted_ = count;
  return {};
}

void Rights::land() { in_flight.fetch_sub(std::exchange(counted_, 0), std::memory_order_relaxed); }

void Rights::drop() {
  land();
  if (files_.empty()) return;
  auto* batch = new (std::nothrow) Batch{std::move(files_), nullptr};
  if (batch == nullptr) {  // recursion is the lesser evil; a batch is a few words
    files_.clear();
    return;
  }
  const bool mine = graveyard.with([&](Graveyard& g) {
    batch->next = g.first;
    g.first = batch;
    return !std::exchange(g.being_emptied, true);
  });
  if (!mine) return;
  for (;;) {
    Batch* next = graveyard.with([](Graveyard& g) {
      Batch* head = g.first;
      if (head) g.first = head->next;
      else g.being_emptied = false;
      return head;
    });
    if (next == nullptr) return;
    delete next;  // may close sockets, whose queues come back here
  }
}

}  // namespace baryon::net
