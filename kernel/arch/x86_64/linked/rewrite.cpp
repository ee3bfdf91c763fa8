#include "kernel/arch/x86_64/linked/rewrite.hpp"

#include "kernel/arch/x86_64/linked/rewriter.hpp"

namespace baryon::arch {
namespace {

bool enabled = false;
constexpr u64 kRtSigreturn = 15;  // __restore_rt: unwinders know a signal frame by the bytes of its caller

// Calls that end what the site belongs to: there is no second time.
bool is_last(u64 number) {
  constexpr u64 kExecve = 59, kExit = 60, kExitGroup = 231, kExecveat = 322;
  return number == kExecve || number == kExit || number == kExitGroup || number == kExecveat;
}

}  // namespace

void rewrite_enable(bool on) { enabled = on; }

void rewrite_consider(const TrapFrame& frame) {
  if (!enabled || frame.orig_rax == kRtSigreturn || is_last(frame.orig_rax) || frame.rip < kSyscallLength) return;
  if (Rewriter* rewriter = Rewriter::current(true)) rewriter->consider(frame.rip - kSyscallLength, frame.orig_rax);
}

bool rewrite_redirect(TrapFrame& frame) {
  if (!enabled) return false;
  Rewriter* rewriter = Rewriter::current(false);
  if (rewriter == nullptr) return false;
  const VirtAddr copy = rewriter->copy_of(frame.rip);
  if (copy == 0) return false;
  frame.rip = copy;
  return true;
}

bool rewrite_breakpoint(TrapFrame& frame) {
  if (!enabled) return false;
  Rewriter* rewriter = Rewriter::current(false);
  if (rewriter == nullptr || !rewriter->is_patching(frame.rip - 1)) return false;
  frame.rip -= 1;
  return true;
}

u64 rewrite_original_pc(u64 pc) {
  if (!enabled) return pc;
  Rewriter* rewriter = Rewriter::current(false);
  return rewriter == nullptr ? pc : rewriter->original_pc(pc);
}

void rewind_syscall(TrapFrame& frame) {
  // A site whose jump was displaced over the SYSCALL has its return address in the stub.
  if (frame.kind == EntryKind::rewritten) frame.rip = rewrite_original_pc(frame.rip);
  frame.rip -= kSyscallLength;  // the SYSCALL, or the jump that is there now
  frame.rax = frame.orig_rax;
  frame.kind = EntryKind::trap;
}

}  // namespace baryon::arch
