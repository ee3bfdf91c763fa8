// Where stubs live: executable pages in the program's address space, within reach of the sites that they serve.
//
// A displaced site wants certain bytes of the distance to be invalid opcodes, so an arena is put where the highest byte
// is one for every site near by, and inside it a slot is searched that suits. Slots are never given back: a thread may
// be asleep in one. Not synchronised.
#pragma once

#include "kernel/arch/x86_64/linked/rewrite_plan.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/mm/address_space.hpp"

namespace baryon::arch {

class StubArenas {
 public:
  // A free slot that the jump at `patch` can lead to under the plan; it is taken. Maps a new arena if need be.
  // Errno::nomem: there is no place.
  Result<VirtAddr> take_slot(mm::AddressSpace& space, const RewritePlan& plan, VirtAddr patch);
  // fork: the same arenas are mapped in the copy of the address space.
  Result<void> copy_from(const StubArenas& other);

 private:
  static constexpr u64 kArenaPages = 15;  // fits into 64 KiB however the 64 KiB lie
  static constexpr u64 kSlots = kArenaPages * kPageSize / kStubSize;
  static constexpr u64 kMaxArenas = 128;
  struct Arena {
    VirtAddr base;
    u64 used[kSlots / 64];
  };
  static_assert(kSlots % 64 == 0);

  static VirtAddr take_from(Arena& arena, const RewritePlan& plan, VirtAddr patch);
  Result<VirtAddr> take_from_new(mm::AddressSpace& space, const RewritePlan& plan, VirtAddr patch, VirtAddr low,
                                 VirtAddr high);

  Vector<Arena> arenas_;
};

}  // namespace baryon::arch
