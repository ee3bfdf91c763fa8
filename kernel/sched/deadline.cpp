// VcpuPage::deadline_ns: when the host should make this CPU look around although it runs user code.
//
// The minimum of the earliest timer and, while a task waits for the CPU, the end of the slice. The owning
// CPU computes it on the way to user mode; another CPU may only make it earlier. Both happen under the
// run queue's lock, so that neither loses the other's reason.
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/sched/cpu.hpp"

namespace baryon::sched {
namespace {

// seq_cst against the host, which stores next_check_ns and then reads deadline_ns.
void tell_host(Cpu& cpu, u64 deadline) {
  cpu.page->deadline_ns.store(deadline, std::memory_order_seq_cst);
  arch::order_store_load();
  if (deadline < cpu.page->next_check_ns.load(std::memory_order_seq_cst)) arch::ring(abi::Doorbell::timer, cpu.index);
}

}  // namespace

void deadline_armed(u64 deadline_ns) {
  // A CPU that is about to block instead publishes it when it sleeps.
  if (deadline_ns < arch::vcpu_page().deadline_ns.load(std::memory_order_relaxed)) arch::set_work_pending();
}

void publish_deadline(Cpu& cpu, u64 now) {
  u64 deadline = cpu.timers.earliest();
  SpinGuard guard(cpu.lock);
  if (cpu.queue.empty()) cpu.slice_end = 0;
  else if (cpu.slice_end == 0) cpu.slice_end = now + kSliceNs;
  if (cpu.slice_end != 0 && cpu.slice_end < deadline) deadline = cpu.slice_end;
  const u64 old = cpu.page->deadline_ns.load(std::memory_order_relaxed);
  if (deadline == old) return;
  if (deadline > old) cpu.page->deadline_ns.store(deadline, std::memory_order_seq_cst);  // never urgent
  else tell_host(cpu, deadline);
}

void request_look(Cpu& cpu, u64 deadline_ns) {
  SpinGuard guard(cpu.lock);
  if (cpu.page == nullptr || deadline_ns >= cpu.page->deadline_ns.load(std::memory_order_relaxed)) return;
  tell_host(cpu, deadline_ns);
}

}  // namespace baryon::sched
