// x86-64 page tables, four levels (SDM volume 3, chapter 4.5).
//
//   PML4 slot 0..255   the program's, built here
//   PML4 slot 256..511 the kernel's (direct map, doorbells), copied from the first page tables and
//                      shared by every address space
#pragma once

#include "kernel/arch/common/page_table.hpp"

namespace baryon::arch {

inline constexpr VirtAddr kUserBegin = 0x10000;
// The last page below the canonical boundary stays free: SYSCALL there would return to a non-canonical
// address (Linux: TASK_SIZE_MAX).
inline constexpr VirtAddr kUserEnd = 0x7fff'ffff'f000;

}  // namespace baryon::arch
