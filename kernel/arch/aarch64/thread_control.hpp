// Thread pointers as system calls set them: clone(2)'s CLONE_SETTLS.
#pragma once

#include "kernel/arch/aarch64/context.hpp"
#include "kernel/base/error.hpp"

namespace baryon::arch {

// clone(2), "C library/kernel differences": aarch64 passes tls before child_tid.
inline constexpr int kCloneTlsArgument = 3;
inline constexpr int kCloneChildTidArgument = 4;

inline void set_thread_pointer(UserState& state, u64 pointer) { state.thread_pointer = pointer; }

// arch_prctl(2) exists on x86 alone; the system call table has no number for it here.
Result<u64> thread_control(u64 code, u64 argument);

}  // namespace baryon::arch
