// Fast user-space mutexes: the kernel's half (futex(2), futex(7)).
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/base/types.hpp"
#include "kernel/sched/clock.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::sched {

class Task;
inline constexpr u32 kFutexMatchAny = ~u32{0};

// `private_key`: FUTEX_PRIVATE_FLAG, the word is used within one address space only.
// Errors: again (the word differs), timedout, restart_sys, inval (unaligned, bitset 0), fault.
Result<void> futex_wait(VirtAddr word, bool private_key, u32 expected, u32 bitset, u64 deadline_ns);
// -> tasks woken
Result<u64> futex_wake(VirtAddr word, bool private_key, u32 count, u32 bitset);
// Wakes `wake` waiters and moves up to `move` of the rest to `to`. `expected` non-null: only if *from equals it, else
// again. -> woken + moved (FUTEX_CMP_REQUEUE) ; FUTEX_REQUEUE returns woken only, see `moved`.
Result<u64> futex_requeue(VirtAddr from, VirtAddr to, bool private_key, u32 wake, u32 move, const u32* expected,
                          u64& moved);
// FUTEX_WAKE_OP.
Result<u64> futex_wake_op(VirtAddr first, VirtAddr second, bool private_key, u32 wake_first, u32 wake_second,
                          u32 operation);

// The thread's end: marks the robust futexes it holds as owner-died and wakes a waiter of each. The list is
// the program's and bounded here.
void exit_robust_list(Task& task);

}  // namespace baryon::sched
