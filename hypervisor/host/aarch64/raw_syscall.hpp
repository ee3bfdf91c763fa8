// A system call and nothing else: not even errno is touched. For code that shares its thread-local storage with another
// process.
#pragma once

namespace baryon::host {

// The result is what the kernel returns: negative errno after a failure.
template <typename... Arguments>
[[gnu::always_inline, clang::no_sanitize("address")]] inline long raw_syscall(long number, Arguments... arguments) {
  static_assert(sizeof...(arguments) <= 5);
  const long all[5] = {(long)(arguments)...};
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = all[0];
  register long x1 asm("x1") = all[1];
  register long x2 asm("x2") = all[2];
  register long x3 asm("x3") = all[3];
  register long x4 asm("x4") = all[4];
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory", "cc");
  return x0;
}

}  // namespace baryon::host
