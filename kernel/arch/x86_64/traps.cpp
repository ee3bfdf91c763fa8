// Exceptions and interrupts: what the entry code hands over is classified here.
#include <atomic>

#include "kernel/abi/vcpu_page.hpp"
#include "kernel/arch/api/upcalls.hpp"
#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/arch/common/fixups.hpp"
#include "kernel/arch/x86_64/interrupt_controller.hpp"
#include "kernel/arch/x86_64/interrupts.hpp"
#include "kernel/arch/x86_64/linked/rewrite.hpp"
#include "kernel/arch/x86_64/offsets.hpp"
#include "kernel/arch/x86_64/paging.hpp"
#include "kernel/arch/x86_64/trap_frame.hpp"
#include "kernel/base/log.hpp"
#include "kernel/base/panic.hpp"

extern "C" {
extern char baryon_exit_fast_begin[], baryon_exit_fast_end[], baryon_exit_fast_restart[];
extern char baryon_syscall_split[];
extern char baryon_exit_full_begin[], baryon_exit_full_end[], baryon_exit_full_restart[];
}

namespace baryon::arch {
namespace {

// SDM volume 3, table 6-1.
enum Vector : u32 {
  kDivide = 0,
  kDebug = 1,
  kNmi = 2,
  kBreakpoint = 3,
  kOverflow = 4,
  kBound = 5,
  kInvalidOpcode = 6,
  kNoDevice = 7,
  kDoubleFault = 8,
  kStack = 12,
  kGeneralProtection = 13,
  kPageFault = 14,
  kX87 = 16,
  kAlignment = 17,
  kSimd = 19,
};

// Page-fault error code, SDM volume 3, 4.7.
constexpr u64 kPresent = 1, kWrite = 2, kFetch = 16;

Fault make_fault(const TrapFrame& frame, u32 vector, u64 error, u64 address) {
  Fault fault{};
  fault.trap_number = vector;
  fault.error_code = static_cast<u32>(error);
  if (vector != kPageFault) fault.address = rewrite_original_pc(frame.rip);  // for si_addr
  switch (vector) {
    case kPageFault:
      fault.kind = FaultKind::memory;
      fault.address = address;
      fault.write = (error & kWrite) != 0;
      fault.execute = (error & kFetch) != 0;
      fault.present = (error & kPresent) != 0;
      break;
    case kDivide: fault.kind = FaultKind::divide; break;
    case kDebug: fault.kind = FaultKind::debug; break;
    case kBreakpoint: fault.kind = FaultKind::breakpoint; break;
    case kInvalidOpcode: fault.kind = FaultKind::illegal_instruction; break;
    case kX87:
    case kSimd: fault.kind = FaultKind::floating_point; break;
    case kAlignment: fault.kind = FaultKind::alignment; break;
    case kStack: fault.kind = FaultKind::stack; break;
    default: fault.kind = FaultKind::general_protection; break;
  }
  return fault;
}

// An interrupt says only: look at shared memory.
void note_interrupt() {
  ++stats().interrupts;
  end_of_interrupt();
  serve_shoot_down();
  set_work_pending();
}

[[noreturn]] void kernel_bug(const TrapFrame& frame, u32 vector, u64 error, u64 address) {
  panic("exception %u in kernel code: rip %llx error %llx address %llx rsp %llx rax %llx rdi %llx", vector,
        static_cast<unsigned long long>(frame.rip), static_cast<unsigned long long>(error),
        static_cast<unsigned long long>(address), static_cast<unsigned long long>(frame.rsp),
        static_cast<unsigned long long>(frame.rax), static_cast<unsigned long long>(frame.rdi));
}

// Interrupts that came while the mask was set.
void unmask() {
  serve_deferred_interrupt();
  // Every entry serves: a program that traps again and again may leave no window for the interrupt.
  serve_shoot_down();
}

// A KVM without hardware virtualisation executes SYSCALL at CPL 3 by going to LSTAR at CPL 3. Under `split` that is a
// fetch from a page of the kernel's: made a system call here. A program that jumps there gets nothing else.
bool is_stray_syscall(const TrapFrame& frame, u32 vector, u64 error) {
  return vector == kPageFault && (error & kFetch) != 0 && !is_linked() &&
         frame.rip == reinterpret_cast<u64>(baryon_syscall_split) && frame.rcx < kUserEnd;
}

void serve_stray_syscall(TrapFrame& frame) {
  // CF PF AF ZF SF DF OF AC ID are the program's (SDM volume 1, 3.4.3); R11 may hold anything.
  constexpr u64 kUserFlags = 0x240cd5, kFixedFlags = 0x202;
  frame.rip = frame.rcx;
  frame.rflags = (frame.r11 & kUserFlags) | kFixedFlags;
  frame.orig_rax = frame.rax;
  ++stats().syscalls_trapped;
  upcalls::system_call(frame);
}

}  // namespace

void serve_deferred_interrupt() {
  abi::VcpuPage& page = vcpu_page();
  if (page.interrupt_pending.load(std::memory_order_relaxed) == 0) [[likely]]
    return;
  page.interrupt_pending.store(0, std::memory_order_seq_cst);
  note_interrupt();
}

extern "C" void baryon_trap_from_user(TrapFrame* frame, u32 vector, u64 error, u64 address) {
  unmask();
  if (vector == abi::kEventVector) return note_interrupt();
  if (is_stray_syscall(*frame, vector, error)) return serve_stray_syscall(*frame);
  if (vector == kInvalidOpcode && rewrite_redirect(*frame)) return;
  if (vector == kBreakpoint && rewrite_breakpoint(*frame)) return;
  if (vector == kPageFault) {
    ++stats().page_faults;
    // An indirect jump of a program to the kernel's half looks like this as well: nothing there is
    // reachable for it under split, and under linked the boundary is the VM.
    if (address >= kUserEnd) error |= kPresent;
  }
  upcalls::user_fault(*frame, make_fault(*frame, vector, error, address));
}

extern "C" void baryon_trap_from_kernel(TrapFrame* frame, u32 vector, u64 error, u64 address) {
  unmask();
  const u64 fixup = find_fixup(frame->rip);
  if (fixup == 0 || vector != kPageFault) {
    // A non-canonical user pointer cannot get here: ranges are checked against kUserEnd.
    kernel_bug(*frame, vector, error, address);
  }
  ++stats().page_faults;
  if (address < kUserEnd && upcalls::kernel_fault(make_fault(*frame, vector, error, address))) return;
  frame->rip = fixup;
}

// `iret` = RIP, CS, RFLAGS, RSP, SS of the interrupted kernel code. Runs on the trap stack, masked.
extern "C" void baryon_interrupt_from_kernel(u64* iret) {
  // This one stands for a deferred one. Forgotten before looking: a request that comes while this one is being
  // served (a second shoot-down right after the first) defers anew, and the entry code comes back here.
  vcpu_page().interrupt_pending.store(0, std::memory_order_seq_cst);
  note_interrupt();
  const u64 pc = iret[0];
  const u64 frame = gs_load<u64>(GS_KERNEL_STACK_TOP) - FRAME_SIZE;
  auto within = [pc](const char* begin, const char* end) {
    return pc >= reinterpret_cast<u64>(begin) && pc < reinterpret_cast<u64>(end);
  };
  if (within(baryon_exit_fast_begin, baryon_exit_fast_end)) {
    iret[0] = reinterpret_cast<u64>(baryon_exit_fast_restart);
    iret[3] = frame;
  } else if (within(baryon_exit_full_begin, baryon_exit_full_end)) {
    iret[0] = reinterpret_cast<u64>(baryon_exit_full_restart);
    iret[3] = frame;
  }
}

extern "C" void baryon_before_user(TrapFrame* frame) { upcalls::before_user(*frame, frame->orig_rax != kNoSyscall); }

extern "C" void baryon_system_call(TrapFrame* frame) {
  ++stats().syscalls_rewritten;
  upcalls::system_call(*frame);
}

extern "C" void baryon_system_call_trapped(TrapFrame* frame) {
  ++stats().syscalls_trapped;
  rewrite_consider(*frame);
  upcalls::system_call(*frame);
}

}  // namespace baryon::arch
