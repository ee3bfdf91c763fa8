// A system call and nothing else: not even errno is touched. For code that shares its thread-local storage with another
// process.
#pragma once

namespace baryon::host {

// The result is what the kernel returns: negative errno after a failure.
template <typename... Arguments>
[[gnu::always_inline, clang::no_sanitize("address")]] inline long raw_syscall(long number, Arguments... arguments) {
  static_assert(sizeof...(arguments) <= 5);
  const long all[5] = {(long)(arguments)...};
  register long r10 asm("r10") = all[3];
  register long r8 asm("r8") = all[4];
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(all[0]), "S"(all[1]), "d"(all[2]), "r"(r10), "r"(r8)
               : "rcx", "r11", "memory");
  return result;
}

}  // namespace baryon::host
