#include "kernel/arch/x86_64/linked/rewrite_arena.hpp"

#include "kernel/arch/x86_64/paging.hpp"

namespace baryon::arch {
namespace {

constexpr char kName[] = "[stubs]";
// Highest bytes of distances to arenas, in order of preference; all invalid opcodes. Far below the program first, where
// its heap cannot grow to; a program linked at a low address has room above only.
constexpr u8 kFarBytes[] = {0x9a, 0xce, 0xd4, 0xd6, 0xea, 0x82, 0x61, 0x60, 0x3f, 0x37,
                            0x2f, 0x27, 0x1f, 0x1e, 0x17, 0x16, 0x0e, 0x07, 0x06};
constexpr u64 kFarStep = u64{1} << 24, kNearStep = u64{1} << 16;

u64 signed_distance(u8 far_byte) {
  return static_cast<u64>(static_cast<i64>(static_cast<signed char>(far_byte)) * static_cast<i64>(kFarStep));
}

}  // namespace

Result<void> StubArenas::copy_from(const StubArenas& other) {
  TRY(arenas_.reserve(other.arenas_.size()));
  for (const Arena& arena : other.arenas_) TRY(arenas_.push_back(arena));
  return {};
}

VirtAddr StubArenas::take_from(Arena& arena, const RewritePlan& plan, VirtAddr patch) {
  const VirtAddr next = patch + kJumpLength;
  for (u64 word = 0; word < kSlots / 64; ++word) {
    if (arena.used[word] == ~u64{0}) continue;
    for (u64 bit = 0; bit < 64; ++bit) {
      if ((arena.used[word] >> bit & 1) != 0) continue;
      const VirtAddr slot = arena.base + (word * 64 + bit) * kStubSize;
      const i64 distance = static_cast<i64>(slot - next);
      // The stub jumps back over at most the site's length more.
      if (distance > 0x7fff'ff00 || distance < -0x7fff'ff00) return 0;
      if (!displacement_fits(plan, static_cast<i32>(distance))) continue;
      arena.used[word] |= u64{1} << bit;
      return slot;
    }
  }
  return 0;
}

Result<VirtAddr> StubArenas::take_from_new(mm::AddressSpace& space, const RewritePlan& plan, VirtAddr patch,
                                           VirtAddr low, VirtAddr high) {
  TRY(arenas_.reserve(arenas_.size() + 1));
  const VirtAddr base = TRY(space.map_special(low, high, kArenaPages, mm::kProtRead | mm::kProtExec, kName));
  TRY(arenas_.push_back(Arena{.base = base, .used = {}}));
  if (const VirtAddr slot = take_from(arenas_.back(), plan, patch)) return slot;
  return Errno::nomem;
}

Result<VirtAddr> StubArenas::take_slot(mm::AddressSpace& space, const RewritePlan& plan, VirtAddr patch) {
  for (Arena& arena : arenas_)
    if (const VirtAddr slot = take_from(arena, plan, patch)) return slot;
  if (arenas_.size() >= kMaxArenas) return Errno::nomem;

  const VirtAddr next = patch + kJumpLength;
  const bool middle_matters = (plan.trapping & 4) != 0;
  for (const u8 far_byte : kFarBytes) {
    const VirtAddr region = next + signed_distance(far_byte);
    // Wrapped below zero, or over the program's end of memory.
    if (region >= kUserEnd || kUserEnd - region < kFarStep) continue;
    if (!middle_matters) {
      // The middle of the region, so that sites up to 4 MiB away see the same highest byte.
      auto slot = take_from_new(space, plan, patch, region + kFarStep / 4, region + kFarStep * 3 / 4);
      if (slot.ok()) return slot;
      continue;
    }
    for (unsigned byte = 0x40; byte < 0x140; ++byte) {
      const u8 middle = static_cast<u8>(byte);
      if (!is_invalid_opcode(middle)) continue;
      const VirtAddr start = region + middle * kNearStep;
      auto slot =
          take_from_new(space, plan, patch, align_up(start, kPageSize), align_down(start + kNearStep, kPageSize));
      if (slot.ok()) return slot;
    }
  }
  return Errno::nomem;
}

}  // namespace baryon::arch
