#include "kernel/arch/x86_64/rewrite.hpp"

namespace baryon::arch {

void rewrite_enable(bool) {}
void rewrite_consider(const TrapFrame&) {}
bool rewrite_redirect(TrapFrame&) { return false; }
u64 rewrite_original_pc(u64 pc) { return pc; }

void rewind_syscall(TrapFrame& frame) {
  frame.rip -= 2;
  frame.rax = frame.orig_rax;
  frame.kind = EntryKind::trap;
}

}  // namespace baryon::arch
