// Calls that wait: spin first, then block.
#include "kernel/qcall/client.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/panic.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/qcall/queue.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::qcall {
namespace {

Queue* queues = nullptr;
abi::SandboxPage* sandbox = nullptr;
bool may_spin = false;

// How long a caller watches for its completion before it blocks: several round trips of a host that is
// awake (under 1 us each), and little against what blocking and waking cost (tens of us).
constexpr u64 kSpinNs = 12'000;

bool host_awake() { return sandbox->host_awake.load(std::memory_order_seq_cst) != 0; }

Result<i64> to_result(i64 result) {
  if (result < 0) return Error::from_negative(result);
  return result;
}

u32 submit_waiting(const Request& request, const Waiter& waiter, Queue*& queue) {
  for (;;) {
    queue = &own_queue();
    u32 slot = 0;
    if (queue->submit(request, waiter, slot).ok()) return slot;
    if (queue->drain()) continue;
    Queue& full = *queue;
    notify_host(full);
    (void)sched::wait(
        full.slot_wait, [&full] { return full.drain() || full.free_slots != 0; }, sched::kNever,
        sched::Interruptible::no);
  }
}

Result<i64> perform(const Request& request, sched::Interruptible mode) {
  sched::Completion completion;
  i64 result = 0;
  Queue* queue = nullptr;
  const u32 slot = submit_waiting(request, {&completion, &result, nullptr}, queue);
  notify_host(*queue);
  queue->drain();
  if (!completion.done() && may_spin && host_awake()) {
    const u64 start = arch::counter();
    do {
      for (int i = 0; i < 16 && !completion.done(); ++i) {
        arch::relax();
        queue->drain();
      }
    } while (!completion.done() && sched::counter_to_ns(arch::counter() - start) < kSpinNs);
  }
  if (!completion.done()) {
    Result<void> waited = completion.wait(sched::kNever, mode);
    if (!waited.ok()) {
      Request cancel;
      cancel.op = abi::QCallOp::cancel;
      cancel.arg[0] = slot;
      // The slot number means this queue's; the task may have moved to another vCPU by now.
      u32 cancel_slot = 0;
      while (!queue->submit(cancel, {}, cancel_slot).ok()) queue->drain();
      notify_host(*queue);
      (void)completion.wait(sched::kNever, sched::Interruptible::no);
      if (result == -static_cast<i64>(Errno::canceled) || result == -static_cast<i64>(Errno::intr))
        return waited.error();
      return to_result(result);
    }
  }
  (void)completion.wait(sched::kNever, sched::Interruptible::no);  // done: settles its hand-shake
  return to_result(result);
}

}  // namespace

void Request::add_segment(const void* memory, u32 length) {
  ENSURE(segment_count < abi::kMaxSegments);
  segments[segment_count++] = {mm::virt_to_phys(memory), length, 0};
}

void init(const abi::BootPage& boot) {
  queues = static_cast<Queue*>(heap_allocate(sizeof(Queue) * boot.vcpus));
  ENSURE(queues != nullptr);
  for (u32 cpu = 0; cpu < boot.vcpus; ++cpu) {
    new (&queues[cpu]) Queue();
    queues[cpu].cpu = cpu;
    queues[cpu].shared = mm::phys_to<abi::QCallQueue>(boot.queues + u64{cpu} * abi::kQueueSize);
  }
  sandbox = mm::phys_to<abi::SandboxPage>(boot.sandbox);
  may_spin = (boot.flags & abi::kBootSpinner) != 0;
}

Queue& queue_of(u32 cpu) { return queues[cpu]; }
Queue& own_queue() { return queues[arch::cpu_index()]; }

void notify_host(Queue& queue) {
  // The host clears host_awake and then looks at every sq.tail; sq.tail was stored before this load
  // (all seq_cst): one of the two sides sees the other.
  arch::order_store_load();
  if (host_awake()) return;
  if (queue.cpu != arch::cpu_index()) return arch::ring(abi::Doorbell::qcall, 0);
  // Synchronous hand-over: a halt whose deadline has passed returns as soon as the queue was served.
  abi::VcpuPage& page = arch::vcpu_page();
  const u64 deadline = page.deadline_ns.load(std::memory_order_relaxed);
  page.deadline_ns.store(0, std::memory_order_relaxed);
  page.sleeping.store(1, std::memory_order_seq_cst);
  arch::halt();
  page.sleeping.store(0, std::memory_order_seq_cst);
  arch::serve_shoot_down();
  page.deadline_ns.store(deadline, std::memory_order_relaxed);
  // With an event pending halt() may return without having told the host, and this vCPU may not halt again for long.
  if (queue.shared->sq.head.load(std::memory_order_acquire) != queue.sq_tail) arch::ring(abi::Doorbell::qcall, 0);
}

namespace {

// Whatever the answer: the host may have written a part.
Result<i64> perform_and_settle(const Request& request, sched::Interruptible mode) {
  Result<i64> result = perform(request, mode);
  for (u32 i = 0; i < request.segment_count; ++i)
    mm::page_drop_translations(request.segments[i].gpa, request.segments[i].length);
  return result;
}

}  // namespace

Result<i64> call(const Request& request) { return perform_and_settle(request, sched::Interruptible::no); }
Result<i64> call_interruptible(const Request& request) {
  return perform_and_settle(request, sched::Interruptible::yes);
}

bool start_detached(const Request& request) {
  Queue& queue = own_queue();
  u32 slot = 0;
  if (!queue.submit(request, {}, slot).ok()) return false;
  notify_host(queue);
  return true;
}

bool post(const Request& request) {
  u32 slot = 0;
  return own_queue().submit(request, {}, slot).ok();
}

bool drain() { return own_queue().drain(); }

Pending::~Pending() { ENSURE(!in_flight_); }

bool owes() {
  const Queue& queue = own_queue();
  return !host_awake() && queue.shared->sq.head.load(std::memory_order_relaxed) != queue.sq_tail;
}

Result<void> Pending::submit(const Request& request) {
  TRY(post(request));
  notify_host(queue_of(cpu_));
  return {};
}

void Pending::hurry() {
  if (in_flight_) notify_host(queue_of(cpu_));
}

Result<void> Pending::post(const Request& request) {
  ENSURE(!in_flight_);
  in_flight_ = true;
  Queue* queue = &own_queue();
  cpu_ = queue->cpu;
  if (!queue->submit(request, {nullptr, nullptr, this}, slot_).ok()) {
    in_flight_ = false;
    return Errno::nomem;
  }
  return {};
}

void Pending::cancel() {
  if (!in_flight_) return;
  Request cancel;
  cancel.op = abi::QCallOp::cancel;
  cancel.arg[0] = slot_;
  Queue& queue = queue_of(cpu_);
  u32 slot = 0;
  while (!queue.submit(cancel, {}, slot).ok()) queue.drain();
  notify_host(queue);
}

}  // namespace baryon::qcall
