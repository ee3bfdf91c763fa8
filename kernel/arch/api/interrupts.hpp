// Events, sleeping and shoot-downs between vCPUs and from the host.
//
// An architecture provides, in namespace baryon::arch:
//   void ring(abi::Doorbell, u32 value)  a store into the doorbell page
//   void halt()                          sleeps until VcpuPage::event or deadline_ns; the caller has set
//                                        `sleeping` and re-checked. May return early.
//   void interrupt_cpu(u32 cpu)          makes a vCPU that runs user code enter the kernel soon; one that
//                                        sleeps is woken. The caller has published what there is to see.
//   void shoot_down(u64 cpu_mask)        every vCPU in the mask (bit = index) has flushed its TLB, or will
//                                        before it runs user code again, when this returns. Includes the
//                                        caller if its bit is set. Call without spin locks that an interrupt
//                                        handler could want (it wants none). Waits for vCPUs in the kernel too:
//                                        whoever waits there for a lock held around it serves the request.
//   void start_cpu(u32 cpu)              starts a vCPU that the host has agreed to run, where the host cannot
//   void synchronise_cpus(u64 cpu_mask)  every vCPU in the mask has passed a full barrier and synchronised its
//                                        instruction stream, or will before it runs user code again. As shoot_down.
//   void serve_shoot_down()              does what another vCPU waits for: flushes, passes a barrier. A sleeping vCPU
//                                        owes it when it has cleared `sleeping`
//   void flush_tlb(), void flush_tlb_page(VirtAddr)   this vCPU only
//   void drop_translations(void* start, u64 size)     stores every word there that lies at least partly in the range as
//                                        it is, atomically, so that a machine which translates code drops what it has
//                                        made of it (abi::kMachineKeepsTranslations). Kernel address.
// An interrupt in kernel code only sets work_pending and serves shoot-downs: it never runs other code.
#pragma once

#include <concepts>

#include <arch/interrupts.hpp>

#include "kernel/abi/doorbell.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {
static_assert(requires(abi::Doorbell d, u32 cpu, u64 mask, VirtAddr va, void* start, u64 size) {
  { ring(d, cpu) } -> std::same_as<void>;
  { halt() } -> std::same_as<void>;
  { interrupt_cpu(cpu) } -> std::same_as<void>;
  { start_cpu(cpu) } -> std::same_as<void>;
  { shoot_down(mask) } -> std::same_as<void>;
  { synchronise_cpus(mask) } -> std::same_as<void>;
  { serve_shoot_down() } -> std::same_as<void>;
  { flush_tlb() } -> std::same_as<void>;
  { flush_tlb_page(va) } -> std::same_as<void>;
  { drop_translations(start, size) } -> std::same_as<void>;
});
}  // namespace baryon::arch
