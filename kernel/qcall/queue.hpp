// One vCPU's queue, guest side.
#pragma once

#include "kernel/abi/qcall.hpp"
#include "kernel/base/error.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/qcall/client.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::qcall {

// Who waits for a slot's completion: a task in call(), or a Pending.
struct Waiter {
  sched::Completion* completion = nullptr;
  i64* result = nullptr;
  Pending* pending = nullptr;
};

struct Queue {
  abi::QCallQueue* shared = nullptr;
  u32 cpu = 0;
  SpinLock lock;
  u64 free_slots = ~u64{0};
  u32 sq_tail = 0;
  u32 cq_head = 0;
  Waiter waiters[abi::kQueueSlots];
  sched::WaitQueue slot_wait;
  static_assert(abi::kQueueSlots == 64, "free_slots is one word");

  // Fills a slot and publishes it. Errno::again when no slot is free. On success `slot` is set.
  Result<void> submit(const Request& request, const Waiter& waiter, u32& slot);
  // Completes what the host has finished; true if something was.
  bool drain();
};

Queue& queue_of(u32 cpu);
Queue& own_queue();
// Makes a sleeping host look: synchronously if possible (see client.hpp).
void notify_host(Queue& queue);

}  // namespace baryon::qcall
