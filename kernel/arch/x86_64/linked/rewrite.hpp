// Lazy call-site rewriting (linked): a system call instruction that has trapped is replaced by a jump to a
// stub that enters the kernel without a privilege transition.
//
// The program sees its own behaviour: jumps into a rewritten site, signals anywhere in it and restarted calls work.
// Exceptions, for programs that handle their text as data: reading it shows the jump, moving it with mremap breaks
// it, and so does overwriting some bytes behind a SYSCALL without the SYSCALL itself.
#pragma once

#include "kernel/arch/x86_64/trap_frame.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

void rewrite_enable(bool on);
// A system call arrived by the SYSCALL instruction (frame.rip is behind it): rewrites the site if that can be
// done exactly. The frame is not changed.
void rewrite_consider(const TrapFrame& frame);
// #UD in user mode: if the address lies inside a rewritten site's displaced bytes, the frame goes on in the
// displaced copy and the result is true.
bool rewrite_redirect(TrapFrame& frame);
// #BP in user mode: true if another vCPU is putting a jump there. The frame then executes the address once more.
bool rewrite_breakpoint(TrapFrame& frame);
// The program's own address for one that may lie in a stub; the same where they do not correspond.
u64 rewrite_original_pc(u64 pc);

}  // namespace baryon::arch
