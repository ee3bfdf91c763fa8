// The vDSO: clocks without a system call (vdso(7)). A tiny shared library in every program's address space; the clock
// page lies right below its ELF header.
#include "kernel/arch/common/vdso_clock.hpp"

namespace baryon::vdso {

// LFENCE: the counter is read after everything before it, so that time seen by two threads that synchronise does not
// run backwards (SDM volume 2, RDTSC).
u64 counter() {
  asm volatile("lfence" ::: "memory");
  return __builtin_ia32_rdtsc();
}

void relax() { __builtin_ia32_pause(); }

template <u32 kNumber>
i64 system_call(u64 a, u64 b, u64 c) {
  u64 result;
  asm volatile("movl %[number], %%eax\n\tsyscall"
               : "=&a"(result)
               : [number] "i"(kNumber), "D"(a), "S"(b), "d"(c)
               : "rcx", "r11", "memory");
  return static_cast<i64>(result);
}

template <u32 kNumber>
i64 system_call(u64 a, u64 b) {
  return system_call<kNumber>(a, b, 0);
}

}  // namespace baryon::vdso

using namespace baryon::vdso;

BARYON_VDSO int __vdso_clock_gettime(i32 clock, Timespec* out) { return clock_gettime<228>(clock, out); }
BARYON_VDSO int __vdso_clock_getres(i32 clock, Timespec* out) { return clock_getres<229>(clock, out); }
BARYON_VDSO int __vdso_gettimeofday(Timeval* out, Timezone* zone) { return gettimeofday(out, zone); }

BARYON_VDSO i64 __vdso_time(i64* out) {
  const i64 seconds = static_cast<i64>(read(&ClockPage::realtime_base_ns) / kNsPerSecond);
  if (out != nullptr) *out = seconds;
  return seconds;
}

BARYON_VDSO i64 __vdso_getcpu(u32* cpu, u32* node, void* unused) {
  return system_call<309>(word(cpu), word(node), word(unused));
}

// The names without prefix are weak aliases, as on Linux. In assembly, because libc's headers declare them otherwise.
#define BARYON_VDSO_ALIAS(name) asm(".weak " #name "\n.type " #name ", @function\n.set " #name ", __vdso_" #name)
BARYON_VDSO_ALIAS(clock_gettime);
BARYON_VDSO_ALIAS(clock_getres);
BARYON_VDSO_ALIAS(gettimeofday);
BARYON_VDSO_ALIAS(time);
BARYON_VDSO_ALIAS(getcpu);
