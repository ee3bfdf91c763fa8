// QCalls from the kernel's side (kernel/abi/qcall.hpp): submit, wait, cancel.
//
// A request goes into the queue of the vCPU that submits it. The caller spins for a bounded time while
// the host is awake, then blocks. With the host asleep the vCPU hands over synchronously: it halts for an
// instant, and its host thread serves the queue itself, which is cheaper than waking another thread.
//
// Lock order: a queue's lock is taken with nothing else held, and nothing is taken inside but the scheduler's.
#pragma once

#include <initializer_list>
#include <span>

#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/qcall.hpp"
#include "kernel/base/error.hpp"

namespace baryon::qcall {

struct Request {
  abi::QCallOp op = abi::QCallOp::nop;
  u32 handle = abi::kNoHandle;
  u64 arg[5] = {};
  abi::Segment segments[abi::kMaxSegments] = {};
  u16 segment_count = 0;

  // Kernel memory (direct map). The caller keeps it until the call has returned.
  void add_segment(const void* memory, u32 length);
};

// Once, on vCPU 0, after mm and sched.
void init(const abi::BootPage& boot);

// Result >= 0, or the host's errno. `call` cannot be interrupted; `call_interruptible` ends with
// Errno::restart_sys when a signal comes first (the request has then been cancelled, or its result is
// returned after all because it had already taken effect). Both may block: hold no spin lock.
Result<i64> call(const Request& request);
Result<i64> call_interruptible(const Request& request);

// Submits and does not wait for the answer; false if the queue is full. Never blocks.
bool start_detached(const Request& request);

// As start_detached, for what has no hurry: a host that sleeps is not woken for it, but serves it with the next request
// of this queue. False if the queue is full.
bool post(const Request& request);

// For files whose waiting is the caller's business (poll): submits, and `done` runs when the host has
// answered, in kernel context with no lock held; it must not block. The Pending object stays in place until then.
class Pending {
 public:
  using Done = void (*)(Pending&, i64 result);
  explicit Pending(Done done, void* context = nullptr) : done_(done), context_(context) {}
  ~Pending();
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  Result<void> submit(const Request& request);  // not while in flight
  // As submit, for what has no hurry: a host that sleeps serves it when this vCPU next asks or halts.
  Result<void> post(const Request& request);
  void hurry();   // posted: makes the host look after all
  void cancel();  // asks the host to end it; `done` still runs
  bool in_flight() const { return in_flight_; }
  void* context() const { return context_; }

 private:
  friend struct Queue;  // queue.hpp
  Done done_;
  void* context_;
  u32 cpu_ = 0;
  u32 slot_ = 0;
  volatile bool in_flight_ = false;
};

// Whether this vCPU has posted something that a sleeping host has not seen.
bool owes();

// Takes what this vCPU's queue has completed and wakes whom it concerns; true if there was something.
// Called by the scheduler when idle and before returning to user mode.
bool drain();

}  // namespace baryon::qcall
