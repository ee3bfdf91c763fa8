#pragma once

#include "kernel/abi/doorbell.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

void ring(abi::Doorbell doorbell, u32 value);
void halt();
void interrupt_cpu(u32 cpu);
void synchronise_cpus(u64 cpu_mask);
inline void start_cpu(u32) {}
void shoot_down(u64 cpu_mask);
void flush_tlb();
void serve_shoot_down();
void flush_tlb_page(VirtAddr address);
inline void drop_translations(void*, u64) {}
inline void load_page_table(PhysAddr) {}  // nothing runs on the table

}  // namespace baryon::arch
