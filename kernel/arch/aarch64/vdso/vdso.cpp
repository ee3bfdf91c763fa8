// The vDSO: clocks without a system call (vdso(7)), and where signal handlers return to. A tiny shared library in every
// program's address space; the clock page lies right below its ELF header.
#include "kernel/arch/common/vdso_clock.hpp"

namespace baryon::vdso {

// ISB: the counter is read after everything before it, so that time seen by two threads that synchronise does not run
// backwards (Arm ARM, D11.2.2). CNTKCTL_EL1 lets programs read it.
u64 counter() {
  u64 value;
  asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
  return value;
}

void relax() { asm volatile("yield"); }

template <u32 kNumber>
i64 system_call(u64 a, u64 b) {
  register u64 x0 asm("x0") = a;
  register u64 x1 asm("x1") = b;
  register u64 x8 asm("x8") = kNumber;
  asm volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
  return static_cast<i64>(x0);
}

}  // namespace baryon::vdso

using namespace baryon::vdso;

BARYON_VDSO int __kernel_clock_gettime(i32 clock, Timespec* out) { return clock_gettime<113>(clock, out); }
BARYON_VDSO int __kernel_clock_getres(i32 clock, Timespec* out) { return clock_getres<114>(clock, out); }
BARYON_VDSO int __kernel_gettimeofday(Timeval* out, Timezone* zone) { return gettimeofday(out, zone); }

// Where a handler returns to that has no restorer of its own. Unwinders know it by these very instructions, and that
// they may look one in front of it is what the NOP is for (Linux: arch/arm64/kernel/vdso/sigreturn.S).
asm(".text\n\tnop\n\t.globl __kernel_rt_sigreturn\n\t.type __kernel_rt_sigreturn, %function\n"
    "__kernel_rt_sigreturn:\n\tmov x8, #139\n\tsvc #0\n\t.size __kernel_rt_sigreturn, . - __kernel_rt_sigreturn");
