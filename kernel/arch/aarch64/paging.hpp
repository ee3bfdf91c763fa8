// VMSAv8-64 stage 1 page tables of programs, four levels of 4 KiB (Arm ARM, chapter D8).
//
// TTBR0_EL1 leads to a program's table, all of it built here; the kernel's half of the address space is TTBR1_EL1's,
// which no address space touches.
//
// Beyond what arch/api/paging.hpp asks of callers, the architecture wants maintenance of its own, done in
// page_entry.hpp: a translation that becomes another one is taken away, flushed, and only then replaced ("break before
// make", D8.14.1); one that gains rights is flushed, because a CPU may fault on the old one for ever; and what becomes
// executable is made visible to instruction fetches.
#pragma once

#include "kernel/arch/common/page_table.hpp"

namespace baryon::arch {

inline constexpr VirtAddr kUserBegin = 0x10000;
inline constexpr VirtAddr kUserEnd = u64{1} << 48;

}  // namespace baryon::arch
