// Sending, taking and delivering signals (signal(7)).
#pragma once

#include "kernel/arch/api/trap_frame.hpp"
#include "kernel/base/error.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::sched {

// --- sending. Errors: again when the queue is full (RLIMIT_SIGPENDING; real-time signals with siginfo only) ---
Result<void> send_signal(Task& task, const SigInfo& info);
Result<void> send_signal(Process& process, const SigInfo& info);
// The kernel tells the current thread something (SIGPIPE, SIGXFSZ).
void raise_signal(int signal);
// Whether it would not notice.
bool current_blocks_or_ignores(int signal);
// A signal that cannot be blocked or ignored (faults): resets a blocked or ignored action to the default.
void force_signal(const SigInfo& info);

// --- masks ---
// Sets the current thread's mask (without KILL and STOP) and looks at what is pending now.
void set_blocked(SignalMask mask);
// A mask for the duration of one system call (sigsuspend, ppoll, pselect, epoll_pwait). After the wait call
// finish with whether it was interrupted: then the mask stays until the signal has been delivered.
void set_temporary_mask(SignalMask mask);
void finish_temporary_mask(bool interrupted);
SignalMask pending_signals();  // sigpending: thread's and process's, blocked ones

// --- taking ---
// sigwait, signalfd: takes a pending signal of `mask` from the thread, then the process. 0: none.
int take_signal(SignalMask mask, SigInfo& info);
// rt_sigtimedwait. Errors: again at the deadline, intr.
Result<int> wait_signal(SignalMask mask, SigInfo& info, u64 deadline_ns);

// --- actions ---
// Errors: inval.
Result<void> set_action(int signal, const SignalAction* next, SignalAction* old);

// --- delivery: called by before_user ---
void deliver_signals(arch::TrapFrame& frame, bool in_syscall);
// Told of each signal that the current thread takes and does not ignore, with no lock held (call tracing). Set
// before programs run.
extern void (*signal_taken_hook)(const SigInfo& info);

// Recomputes Task::attention's signal bit. Process::lock held.
void update_attention(Task& task);

}  // namespace baryon::sched
