// futex(2).
#include "kernel/sched/futex.hpp"

#include <utility>

#include "kernel/sched/current.hpp"

#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {
namespace {

enum Operation : u32 {
  kWait = 0,
  kWake = 1,
  kRequeue = 3,
  kCmpRequeue = 4,
  kWakeOp = 5,
  kWaitBitset = 9,
  kWakeBitset = 10,
  kPrivate = 128,
  kRealtime = 256,
};

// Linux counts up and then compares: 0 and negative numbers wake one.
u32 at_least_one(u64 count) { return static_cast<i32>(count) < 1 ? 1 : static_cast<u32>(count); }

// FUTEX_WAIT counts from now on; FUTEX_WAIT_BITSET names a point in time.
Result<u64> deadline(VirtAddr timeout, u32 operation, bool realtime) {
  if (timeout == 0) return sched::kNever;
  const u64 ns = TRY(to_ns(TRY(copy_in<Timespec>(timeout))));
  if (operation == kWait) return sched::deadline_after(sched::monotonic_ns(), ns);
  return realtime ? sched::realtime_to_monotonic(ns) : ns;
}

}  // namespace

Result<u64> sys_futex(SyscallContext& c) {
  const u32 operation = static_cast<u32>(c.arg[1]) & ~(kPrivate | kRealtime);
  const bool private_key = (c.arg[1] & kPrivate) != 0;
  const bool realtime = (c.arg[1] & kRealtime) != 0;
  const VirtAddr word = c.arg[0];
  const u32 value = static_cast<u32>(c.arg[2]);
  if (realtime && operation != kWait && operation != kWaitBitset) return Errno::nosys;
  switch (operation) {
    case kWait:
    case kWaitBitset: {
      const u64 until = TRY(deadline(c.arg[3], operation, realtime));
      const u32 bitset = operation == kWait ? sched::kFutexMatchAny : static_cast<u32>(c.arg[5]);
      sched::Task& self = sched::current();
      // A relative wait that a signal interrupted goes on until its first deadline.
      const u64 kept = std::exchange(self.restart_deadline, 0);
      const bool relative = operation == kWait && c.arg[3] != 0;
      const u64 end = relative && kept != 0 ? kept : until;
      Result<void> result = sched::futex_wait(word, private_key, value, bitset, end);
      if (result.ok()) return 0;
      if (relative && result.error().code() == Errno::restart_sys) {
        self.restart_deadline = end;
        return Errno::restart_block;
      }
      return result.error();
    }
    case kWake: return sched::futex_wake(word, private_key, at_least_one(value), sched::kFutexMatchAny);
    case kWakeBitset: return sched::futex_wake(word, private_key, at_least_one(value), static_cast<u32>(c.arg[5]));
    case kRequeue:
    case kCmpRequeue: {
      if (static_cast<i32>(value) < 0 || static_cast<i32>(c.arg[3]) < 0) return Errno::inval;
      const u32 expected = static_cast<u32>(c.arg[5]);
      u64 moved = 0;
      const u64 woken = TRY(sched::futex_requeue(word, c.arg[4], private_key, value, static_cast<u32>(c.arg[3]),
                                                 operation == kCmpRequeue ? &expected : nullptr, moved));
      return woken + moved;
    }
    case kWakeOp:
      return sched::futex_wake_op(word, c.arg[4], private_key, at_least_one(value), at_least_one(c.arg[3]),
                                  static_cast<u32>(c.arg[5]));
    default: return Errno::nosys;  // priority inheritance and what is newer
  }
}

}  // namespace baryon::syscall
