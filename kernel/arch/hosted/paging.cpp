#include "kernel/base/types.hpp"

namespace baryon::arch {
void load_page_table(PhysAddr) {}  // nothing runs on the table
}  // namespace baryon::arch

#include "kernel/arch/x86_64/paging.cpp"
