// Seccomp filters: which system calls a thread may make, as a program of classic BPF (seccomp(2)).
//
// The rules of a filter become a binary search over system call numbers: few instructions on any path, and quick to
// install, as the kernel runs the program once per number to learn which calls are always allowed.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

#include "hypervisor/support/error.hpp"

namespace baryon::host::jail {

// When an allowed call is allowed: always, or if the low word of one argument is among `values`, or, with `clear`, has
// none of those bits and at least one of `set`.
struct Rule {
  long number;                                 // SYS_…
  int argument = -1;                           // 0..5; -1: unconditional
  std::span<const std::uint32_t> values = {};  // used when `clear` is 0
  std::uint32_t clear = 0;
  std::uint32_t set = 0;  // 0: no such demand
  int error = 0;          // not 0: the call fails with this errno, and is not allowed
};

// What is not in `rules` fails with EPERM; a call in another architecture's convention kills the process.
[[nodiscard]] std::vector<sock_filter> compile(std::span<const Rule> rules);

// For the calling thread, for good; no_new_privs must be set. Threads that it starts inherit it.
[[nodiscard]] Expected<void> install(std::span<const sock_filter> program);

// Runs `program` on a call, as the kernel would; for tests. The value is a SECCOMP_RET_… word.
[[nodiscard]] std::uint32_t evaluate(std::span<const sock_filter> program, std::uint32_t architecture,
                                     std::uint32_t number, std::span<const std::uint64_t> arguments);

}  // namespace baryon::host::jail
