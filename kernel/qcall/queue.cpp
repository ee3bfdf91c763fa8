// Submission and completion rings.
#include "kernel/qcall/queue.hpp"

#include <bit>

#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/panic.hpp"

namespace baryon::qcall {

Result<void> Queue::submit(const Request& request, const Waiter& waiter, u32& slot) {
  SpinGuard guard(lock);
  if (free_slots == 0) return Errno::again;
  slot = static_cast<u32>(std::countr_zero(free_slots));
  free_slots &= ~(u64{1} << slot);
  waiters[slot] = waiter;
  abi::QCallDescriptor& descriptor = shared->slots[slot];
  descriptor.op = request.op;
  descriptor.handle = request.handle;
  descriptor.segment_count = request.segment_count;
  for (int i = 0; i < 5; ++i) descriptor.arg[i] = request.arg[i];
  for (u32 i = 0; i < request.segment_count; ++i) descriptor.segments[i] = request.segments[i];
  shared->sq.slot[sq_tail % abi::kQueueSlots] = static_cast<u16>(slot);
  // Publishes the descriptor. seq_cst against the host's sleep: see notify_host.
  const abi::RingTail tail{++sq_tail, static_cast<u16>(slot)};
  shared->sq.tail.store(tail.word(), std::memory_order_seq_cst);
  ++arch::stats().qcalls;
  return {};
}

bool Queue::drain() {
  if (abi::RingTail::of(shared->cq.tail.load(std::memory_order_acquire)).position == cq_head) return false;
  struct Finished {
    Pending* pending;
    i64 result;
  };
  Finished finished[abi::kQueueSlots];
  u32 count = 0;
  bool any = false;
  {
    SpinGuard guard(lock);
    // Acquire: results are read after the host has published their slots.
    const abi::RingTail tail = abi::RingTail::of(shared->cq.tail.load(std::memory_order_acquire));
    while (cq_head != tail.position) {
      const bool last = cq_head + 1 == tail.position;
      const u32 slot = last ? tail.newest : shared->cq.slot[cq_head % abi::kQueueSlots];
      ENSURE(slot < abi::kQueueSlots && (free_slots >> slot & 1) == 0);
      const Waiter waiter = waiters[slot];
      const i64 result = shared->slots[slot].result;
      free_slots |= u64{1} << slot;
      ++cq_head;
      any = true;
      if (waiter.completion != nullptr) {
        *waiter.result = result;
        waiter.completion->signal();
      } else if (waiter.pending != nullptr) {
        waiter.pending->in_flight_ = false;
        finished[count++] = {waiter.pending, result};
      }
    }
    shared->cq.head.store(cq_head, std::memory_order_release);
  }
  if (any) slot_wait.wake_all();
  for (u32 i = 0; i < count; ++i) finished[i].pending->done_(*finished[i].pending, finished[i].result);
  return any;
}

}  // namespace baryon::qcall
