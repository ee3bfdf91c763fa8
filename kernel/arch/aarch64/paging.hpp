// VMSAv8-64 stage 1 page tables of programs, four levels of 4 KiB (Arm ARM, chapter D8).
//
// TTBR0_EL1 leads to a program's table, all of it built here; the kernel's half of the address space is TTBR1_EL1's,
// which no address space touches. A frame that is mapped without any right (PROT_NONE over pages in use) keeps its
// descriptor with the valid bit clear and kHeldBit set, so that the frame is not lost.
//
// Beyond what arch/api/paging.hpp asks of callers, the architecture wants maintenance of its own, done in here: a
// translation that becomes another one is taken away, flushed, and only then replaced ("break before make", D8.14.1);
// one that gains rights is flushed, because a CPU may fault on the old one for ever; and what becomes executable is
// made visible to instruction fetches.
#pragma once

#include <optional>

#include "kernel/base/error.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

inline constexpr VirtAddr kUserBegin = 0x10000;
inline constexpr VirtAddr kUserEnd = u64{1} << 48;

struct PageFlags {
  bool write = false, execute = false, user = true;
  bool none = false;  // no access at all; the frame stays attached
  bool operator==(const PageFlags&) const = default;
};

class PageTable {
 public:
  struct Mapping {
    PhysAddr pa;  // of the page's start
    u64 size;     // kPageSize or kLargePageSize
    PageFlags flags;
  };

  // The kernel's half is TTBR1's: nothing to share.
  static void set_kernel_root(PhysAddr) {}
  static Result<PageTable*> create();
  ~PageTable();
  PageTable(const PageTable&) = delete;
  PageTable& operator=(const PageTable&) = delete;

  Result<void> map(VirtAddr va, PhysAddr pa, u64 size, PageFlags flags);
  void unmap(VirtAddr va, u64 size);
  Result<void> prepare_split(VirtAddr va);
  void protect(VirtAddr va, u64 size, PageFlags flags);
  std::optional<Mapping> find(VirtAddr va) const;
  // True if a large page can be mapped at va without replacing anything.
  bool large_slot_free(VirtAddr va) const;
  // Calls visit(VirtAddr, const Mapping&) for every page that intersects [va, va + size), ascending; pages held
  // without access included. The visitor may unmap or protect the page it is shown. It returns false to stop.
  template <class F>
  void for_each(VirtAddr va, u64 size, F&& visit) const {
    VirtAddr at = va;
    Mapping mapping;
    while (next(at, va + size, mapping)) {
      if (!visit(static_cast<VirtAddr>(at), static_cast<const Mapping&>(mapping))) return;
      at += mapping.size;
    }
  }
  // Frees tables that unmap has emptied. Only after the flush that followed: processors cache upper levels too.
  void reclaim_tables();
  PhysAddr root() const { return root_; }
  void activate();

 private:
  explicit PageTable(PhysAddr root) : root_(root) {}
  bool next(VirtAddr& va, VirtAddr end, Mapping& out) const;
  u64* entry_at(VirtAddr va, unsigned level) const;
  Result<u64*> make_entry(VirtAddr va, unsigned level);
  void free_tables(PhysAddr table, unsigned level);
  void retire(PhysAddr table);

  PhysAddr root_;
  PhysAddr retired_ = 0;  // emptied tables, linked through their first word
};

}  // namespace baryon::arch
