// Page tables of four levels with 512 entries each, as both architectures have them. How an entry looks, and what has to be
// done when one changes, is the architecture's (<arch/page_entry.hpp>).
//
//   level 0 (512 GiB an entry) → 1 (1 GiB) → 2 (2 MiB, may map a large page) → 3 (4 KiB pages)
//
// A frame that is mapped without any right (PROT_NONE over pages in use) keeps its entry, which the hardware takes for an
// empty one, so that the frame is not lost.
#pragma once

#include <optional>

#include "kernel/base/error.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

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

  // The table whose kernel part every new one shares, where programs' tables have one. Set once at start-up.
  static void set_kernel_root(PhysAddr root);
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
