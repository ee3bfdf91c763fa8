// What the architecture asks of the generic kernel (kernel/arch/api/upcalls.hpp).
#include "kernel/arch/api/upcalls.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::upcalls {
namespace {

void out_of_memory(sched::Process& process) {
  log_error("process %u (%s) is killed: guest memory is used up (see --memory)", process.pid(), sched::current().name);
  process.begin_exit(sched::kSigkill);
}

// Resolves a memory fault, or says which signal it is.
bool resolve(const arch::Fault& fault, int& signal, i32& code) {
  switch (sched::current_process().space().fault(fault)) {
    case mm::FaultOutcome::resolved: return true;
    case mm::FaultOutcome::sigsegv_maperr: signal = sched::kSigsegv, code = sched::kSegvMaperr; break;
    case mm::FaultOutcome::sigsegv_accerr: signal = sched::kSigsegv, code = sched::kSegvAccerr; break;
    case mm::FaultOutcome::sigbus: signal = sched::kSigbus, code = sched::kBusAdrerr; break;
    case mm::FaultOutcome::out_of_memory:
      out_of_memory(sched::current_process());
      signal = 0;
      break;
  }
  ++arch::stats().page_faults_fatal;
  return false;
}

}  // namespace

void system_call(arch::TrapFrame& frame) { syscall::dispatch(frame); }

void user_fault(arch::TrapFrame& frame, const arch::Fault& fault) {
  if (fault.kind != arch::FaultKind::memory) return sched::user_fault(frame, fault);
  int signal = 0;
  i32 code = 0;
  if (resolve(fault, signal, code) || signal == 0) return;
  log_debug("task %u: %s at %lx, pc %lx", sched::current().tid(), signal == sched::kSigsegv ? "SIGSEGV" : "SIGBUS",
            static_cast<unsigned long>(fault.address), static_cast<unsigned long>(arch::user_pc(frame)));
  sched::fault_signal(fault, signal, code);
}

bool kernel_fault(const arch::Fault& fault) {
  sched::Task* task = sched::current_or_null();
  if (task == nullptr || !task->is_user() || sched::page_faults_disabled()) return false;
  int signal = 0;
  i32 code = 0;
  return resolve(fault, signal, code);
}

void before_user(arch::TrapFrame& frame, bool in_syscall) {
  arch::serve_shoot_down();
  sched::before_user(frame, in_syscall);
}

}  // namespace baryon::upcalls
