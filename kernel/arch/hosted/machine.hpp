// The tests' side of the hosted architecture: vCPUs, a clock, recorded signal deliveries.
#pragma once

#include <functional>
#include <vector>

#include "kernel/abi/boot_page.hpp"
#include "kernel/arch/hosted/context.hpp"
#include "kernel/arch/hosted/signal_frame.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch::hosted {

// Makes the calling thread vCPU `index`.
void become_cpu(u32 index);

// With the fake clock, time stands still until halt() moves it to the next deadline.
void set_fake_clock(bool on);
void advance_clock(u64 ns);
const abi::ClockPage* clock_page();

// Runs `scheduler` (which never returns) on a stack of its own until the vCPU halts with neither an event nor a
// deadline, then comes back here. Later calls go on from there and ignore the argument.
void run_until_idle(void (*scheduler)());

// What "user mode" is: called on the task's kernel stack by enter_user. Must end in exit_current.
extern std::function<void(TrapFrame&)> user_program;

struct Delivered {
  int number;
  u64 saved_mask;
  u64 handler;
};
extern std::vector<Delivered> delivered;
extern bool refuse_frames;  // push_signal_frame fails
extern u64 doorbells;
extern std::function<void()> on_halt;  // what the host does in the exit (fake clock)

}  // namespace baryon::arch::hosted
