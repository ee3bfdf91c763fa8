// Frames for page tables: a stack of zeroed frames, refilled from contiguous blocks. The first block is
// small and is taken at boot, next to what the host placed, so that a small sandbox touches no large page for it.
#include "kernel/base/spinlock.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::mm {
namespace {

constexpr unsigned kFirstOrder = 5;  // 32 tables
constexpr unsigned kNextOrder = kLargeOrder;

SpinLock pool_lock;
PhysAddr free_tables = 0;  // freed tables, linked through their first word; the rest of each is zero
PhysAddr block_next = 0;   // rest of the current block
PhysAddr block_end = 0;
bool first_block = true;

}  // namespace

void table_pool_reset() {
  SpinGuard guard(pool_lock);
  free_tables = block_next = block_end = 0;
  first_block = true;
}

Result<PhysAddr> allocate_table() {
  SpinGuard guard(pool_lock);
  if (free_tables) {
    PhysAddr table = free_tables;
    u64* words = phys_to<u64>(table);
    free_tables = words[0];
    words[0] = 0;
    return table;
  }
  if (block_next == block_end) {
    // When memory is short or fragmented, smaller blocks do as well.
    for (unsigned order = first_block ? kFirstOrder : kNextOrder;; order = order > 4 ? 4 : order - 1) {
      Result<PhysAddr> block = allocate_pages(order, Fill::zero);
      if (block.ok()) {
        block_next = block.value();
        block_end = block_next + (kPageSize << order);
        first_block = false;
        break;
      }
      if (order == 0) return Errno::nomem;
    }
  }
  PhysAddr table = block_next;
  block_next += kPageSize;
  return table;
}

void free_table(PhysAddr table) {
  u64* words = phys_to<u64>(table);
  // Entry by entry, and only those in use: a hypervisor that shadows the table emulates each store to it, and a
  // string instruction byte by byte.
  for (u64 i = 0; i < kPageSize / sizeof(u64); ++i)
    if (words[i] != 0) words[i] = 0;
  SpinGuard guard(pool_lock);
  words[0] = free_tables;
  free_tables = table;
}

}  // namespace baryon::mm
