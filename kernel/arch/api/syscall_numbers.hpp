// Which column of the system call table counts.
//
// An architecture provides, in namespace baryon::arch:
//   constexpr int pick_syscall_number(int x86_64, int aarch64)
#pragma once

#include <arch/syscall_numbers.hpp>
