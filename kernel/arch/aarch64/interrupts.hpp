// Doorbells, halting, TLB and instruction cache maintenance, and interrupts between vCPUs.
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
void synchronise_cpus(u64 cpu_mask);
void flush_tlb();
void flush_tlb_page(VirtAddr address);
void drop_translations(void* start, u64 size);
void load_page_table(PhysAddr root);
// What another vCPU waits for (synchronise_cpus). Translations need no help: TLB maintenance is broadcast.
void serve_shoot_down();

// --- for architecture code ---

// Every processor forgets the programs' translations, or those of one page: before it returns.
void flush_tlb_everywhere();
void flush_tlb_everywhere(VirtAddr page);
// Instruction fetches of every processor see what was written to [start, start + size).
void publish_code(const void* start, u64 size);

// Interrupts as the engine delivers them: on this vCPU from now on.
void set_up_interrupts();
// An interrupt was taken: tells whoever asserts it. False: it was spurious.
bool acknowledge_interrupt();

}  // namespace baryon::arch
