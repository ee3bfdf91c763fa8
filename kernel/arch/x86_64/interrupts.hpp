// Doorbells, halting, and interrupts between vCPUs.
#pragma once

#include "kernel/abi/doorbell.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

void ring(abi::Doorbell doorbell, u32 value);
void halt();
// Starts a vCPU that the host has agreed to run, where it cannot do so itself.
void start_cpu(u32 cpu);
void interrupt_cpu(u32 cpu);
void shoot_down(u64 cpu_mask);
// Loading CR3 serialises (SDM volume 3, 9.3).
inline void synchronise_cpus(u64 cpu_mask) { shoot_down(cpu_mask); }
void flush_tlb();
void flush_tlb_page(VirtAddr address);
void drop_translations(void* start, u64 size);
void load_page_table(PhysAddr root);
// Flushes if another vCPU asked for it. Called before returning to user mode after an idle phase.
void serve_shoot_down();

// linked: an interrupt that came while the mask was set (traps.cpp).
void serve_deferred_interrupt();

}  // namespace baryon::arch
