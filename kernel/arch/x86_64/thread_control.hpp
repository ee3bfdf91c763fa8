// Thread pointers as system calls set them: clone(2)'s CLONE_SETTLS and arch_prctl(2).
#pragma once

#include "kernel/arch/x86_64/context.hpp"
#include "kernel/base/error.hpp"

namespace baryon::arch {

// clone(2), "C library/kernel differences": x86-64 passes child_tid before tls.
inline constexpr int kCloneChildTidArgument = 3;
inline constexpr int kCloneTlsArgument = 4;

inline void set_thread_pointer(UserState& state, u64 pointer) { state.fs_base = pointer; }

// arch_prctl(2) for the current thread. Under `linked` GS base belongs to the kernel: it reaches its per-CPU page
// through it at every privilege level, so ARCH_SET_GS and ARCH_GET_GS are refused (inval), as are unknown codes.
Result<u64> thread_control(u64 code, u64 argument);

}  // namespace baryon::arch
