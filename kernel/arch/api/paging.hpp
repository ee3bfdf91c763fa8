// Page tables. Generic code (mm) decides what is mapped; an architecture knows how entries look.
//
// An architecture provides, in namespace baryon::arch:
//   struct PageFlags { bool write, execute, user, none; }   read is implied; none: no access at all, but the
//                                             frame stays attached and find/for_each still show it
//   class PageTable                           owns its tables below the kernel's shared part
//     static Result<PageTable*> create()      shares the kernel's upper part; `delete` frees its tables, not the pages
//     Result<void> map(VirtAddr, PhysAddr, u64 size, PageFlags)   kPageSize or kLargePageSize, both aligned;
//                                             replaces what was there; may split or build tables (nomem). Accessed and
//                                             dirty are preset. After failure nothing has changed.
//     void unmap(VirtAddr, u64 size)          [va, va+size); splits large pages at the edges (tables for that
//                                             must have been there or splitting panics: see prepare_split)
//     Result<void> prepare_split(VirtAddr)    makes a boundary at va exist below a large page
//     void protect(VirtAddr, u64 size, PageFlags)  what is mapped in the range
//     struct Mapping { PhysAddr pa; u64 size; PageFlags flags; }
//     std::optional<Mapping> find(VirtAddr)   the page that maps va (pa of the page's start)
//     void for_each(VirtAddr, u64 size, visit)   visit(va, const Mapping&) for every page in the range; false stops
//     bool large_slot_free(VirtAddr)          a large page can be mapped there without replacing anything
//     void reclaim_tables()                   frees tables that unmap emptied; after the flush that followed
//     PhysAddr root()
//     void activate()                         on this vCPU
//   inline constexpr VirtAddr kUserEnd        first address that no program can map; lowest is kUserBegin
// None flushes TLBs: the caller does, once per batch, when an existing mapping lost rights or changed.
// Callers serialise per table. Table pages come from mm/page_allocator's table pool (kept together, because a
// hypervisor that shadows page tables write-protects them and splits the large page around them).
#pragma once

#include <arch/paging.hpp>

#include "kernel/base/error.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {
static_assert(requires(PageTable& t, VirtAddr va, PhysAddr pa, u64 size, PageFlags flags) {
  { t.map(va, pa, size, flags) } -> std::same_as<Result<void>>;
  { t.unmap(va, size) } -> std::same_as<void>;
  { t.prepare_split(va) } -> std::same_as<Result<void>>;
  { t.protect(va, size, flags) } -> std::same_as<void>;
  { t.root() } -> std::same_as<PhysAddr>;
  { t.activate() } -> std::same_as<void>;
  { kUserEnd } -> std::convertible_to<VirtAddr>;
});
}  // namespace baryon::arch
