// Exceptions and interrupts: what the entry code hands over is classified here.
#include "kernel/arch/aarch64/cpu.hpp"
#include "kernel/arch/common/fixups.hpp"
#include "kernel/arch/aarch64/interrupts.hpp"
#include "kernel/arch/aarch64/paging.hpp"
#include "kernel/arch/aarch64/trap_frame.hpp"
#include "kernel/arch/api/upcalls.hpp"
#include "kernel/base/log.hpp"
#include "kernel/base/panic.hpp"

namespace baryon::arch {
namespace {

// Exception classes, ESR_EL1.EC (Arm ARM, D17.2.37).
enum ExceptionClass : u32 {
  kUnknown = 0x00,
  kWaitForInterrupt = 0x01,
  kSvc = 0x15,
  kInstructionAbortUser = 0x20,
  kPcAlignment = 0x22,
  kDataAbortUser = 0x24,
  kDataAbortKernel = 0x25,
  kSpAlignment = 0x26,
  kFloatingPoint = 0x2c,
  kBreakpointUser = 0x30,
  kStepUser = 0x32,
  kWatchpointUser = 0x34,
  kBrk = 0x3c,
};
constexpr u64 kInstructionLength = 4;
constexpr u32 class_of(u64 esr) { return esr >> 26 & 63; }

// Of an abort: the fault status code, and whether it was a write (cache maintenance counts as a read).
constexpr u64 kStatusMask = 0x3f, kWrite = 1u << 6, kCacheMaintenance = 1u << 8;
constexpr u64 kTranslationFault = 0x04, kPermissionFault = 0x0c, kAlignmentFault = 0x21;  // + level in bits 1:0
constexpr bool is_status(u64 esr, u64 kind) { return (esr & kStatusMask & ~u64{3}) == kind; }
constexpr u64 kAccessFault = 0x08;

Fault make_fault(const TrapFrame& frame, u64 esr, u64 far) {
  Fault fault{};
  fault.trap_number = class_of(esr);
  fault.error_code = static_cast<u32>(esr);
  fault.address = frame.pc;
  switch (class_of(esr)) {
    case kInstructionAbortUser:
    case kDataAbortUser:
    case kDataAbortKernel:
      fault.kind = FaultKind::memory;
      fault.address = far;
      fault.execute = class_of(esr) == kInstructionAbortUser;
      fault.write = !fault.execute && (esr & kWrite) != 0 && (esr & kCacheMaintenance) == 0;
      fault.present = is_status(esr, kPermissionFault);
      if ((esr & kStatusMask) == kAlignmentFault) fault.kind = FaultKind::alignment;
      // Programs learn nothing of the kernel's mappings (Linux: set_thread_esr).
      if (far >= kUserEnd) fault.error_code = static_cast<u32>((esr & ~kStatusMask) | kTranslationFault);
      break;
    case kPcAlignment: fault.kind = FaultKind::alignment, fault.address = far; break;
    case kSpAlignment: fault.kind = FaultKind::alignment, fault.address = frame.sp; break;
    case kFloatingPoint: fault.kind = FaultKind::floating_point; break;
    case kBrk: fault.kind = FaultKind::breakpoint; break;
    case kBreakpointUser:
    case kStepUser:
    case kWatchpointUser: fault.kind = FaultKind::debug; break;
    // Undefined instructions, system registers, and extensions that are disabled (SVE, SME).
    default: fault.kind = FaultKind::illegal_instruction; break;
  }
  return fault;
}

[[noreturn]] void kernel_bug(const TrapFrame& frame, u64 esr, u64 far) {
  auto word = [](u64 value) { return static_cast<unsigned long long>(value); };
  panic("exception %llx in kernel code: pc %llx esr %llx address %llx sp %llx lr %llx x0 %llx x1 %llx",
        word(class_of(esr)), word(frame.pc), word(esr), word(far), word(frame.sp), word(frame.x[30]), word(frame.x[0]),
        word(frame.x[1]));
}

bool can_be_resolved(u64 esr) {
  return is_status(esr, kTranslationFault) || is_status(esr, kAccessFault) || is_status(esr, kPermissionFault);
}

}  // namespace

extern "C" void baryon_sync_from_user(TrapFrame* frame, u64 esr, u64 far) {
  serve_shoot_down();
  if (class_of(esr) == kSvc) [[likely]] {
    frame->number = static_cast<u32>(frame->x[8]);
    frame->orig_x0 = frame->x[0];
    ++stats().syscalls_trapped;
    return upcalls::system_call(*frame);
  }
  if (class_of(esr) == kWaitForInterrupt) {  // a program's WFI or WFE: a hint, taken as a NOP (Linux: wfi_handler)
    frame->pc += kInstructionLength;
    return;
  }
  const Fault fault = make_fault(*frame, esr, far);
  if (fault.kind == FaultKind::memory) {
    ++stats().page_faults;
    // Neither a missing mapping nor a missing right: memory or a walk of it has failed.
    if (!can_be_resolved(esr)) kernel_bug(*frame, esr, far);
  }
  upcalls::user_fault(*frame, fault);
}

extern "C" void baryon_sync_from_kernel(TrapFrame* frame, u64 esr, u64 far) {
  const u64 fixup = find_fixup(frame->pc);
  if (fixup == 0 || class_of(esr) != kDataAbortKernel) kernel_bug(*frame, esr, far);
  ++stats().page_faults;
  const Fault fault = make_fault(*frame, esr, far);
  if (far < kUserEnd && can_be_resolved(esr) && upcalls::kernel_fault(fault)) return;
  frame->pc = fixup;
}

// Says only: look at shared memory.
extern "C" void baryon_interrupt() {
  if (!acknowledge_interrupt()) return;
  ++stats().interrupts;
  serve_shoot_down();
  set_work_pending();
}

extern "C" void baryon_unexpected_exception(TrapFrame* frame, u64 esr, u64 far, u64 vector) {
  panic("exception vector %llu: pc %llx pstate %llx esr %llx far %llx sp %llx", static_cast<unsigned long long>(vector),
        static_cast<unsigned long long>(frame->pc), static_cast<unsigned long long>(frame->pstate),
        static_cast<unsigned long long>(esr), static_cast<unsigned long long>(far),
        static_cast<unsigned long long>(frame->sp));
}

extern "C" void baryon_before_user(TrapFrame* frame) { upcalls::before_user(*frame, frame->number != kNoSyscall); }

}  // namespace baryon::arch
