// The rewritten sites of one address space.
//
// Locks: `busy_` is held by the one thread that rewrites, and may be held while it blocks; others do not wait for it
// but leave their site for the next time. `lock_` covers the tables, for moments. Rewritten sites live as long as
// the address space, so that a pointer found under the lock stays good.
#pragma once

#include <atomic>

#include "kernel/arch/x86_64/linked/rewrite_arena.hpp"
#include "kernel/arch/x86_64/linked/rewrite_plan.hpp"
#include "kernel/arch/x86_64/trap_frame.hpp"
#include "kernel/base/hash_map.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/mm/address_space.hpp"

namespace baryon::arch {

class Rewriter final : public mm::AddressSpaceExtension {
 public:
  // The active address space's, or null (also when memory is short, with `create`).
  static Rewriter* current(bool create);

  explicit Rewriter(mm::AddressSpace& space) : space_(space) {}
  ~Rewriter() override;

  bool freeze() override { return !busy_.exchange(true, std::memory_order_acquire); }
  void thaw() override { busy_.store(false, std::memory_order_release); }
  Result<mm::AddressSpaceExtension*> copy(mm::AddressSpace& space) override;

  void consider(VirtAddr site, u64 number);
  // Where a displaced instruction's copy is, if `pc` is the address of the original; else 0. May block.
  VirtAddr copy_of(VirtAddr pc);
  // True if a breakpoint trap at `pc` came from a patch that is or was being made, not from the program. May block.
  bool is_patching(VirtAddr pc);
  VirtAddr original_pc(VirtAddr pc);

 private:
  struct Site;
  struct StubRef : HashNode {
    Site* site;
  };
  struct Site : HashNode {
    VirtAddr address;
    VirtAddr patch;
    VirtAddr stub = 0;
    u64 signature = 0;  // refused: of the bytes that were looked at
    std::atomic<bool> patching{true};
    RewritePlan plan;
    RewriteStub code;
    u8 jump[kJumpLength];
    StubRef ref;
  };
  struct Surroundings {
    u8 bytes[kBytesBefore + kSyscallLength + kBytesAfter];
    unsigned before = 0, after = 0;  // how many of kBytesBefore and kBytesAfter could be read
    std::span<const u8> before_bytes() const { return {bytes + kBytesBefore - before, before}; }
    std::span<const u8> after_bytes() const { return {bytes + kBytesBefore + kSyscallLength, after}; }
    u64 signature() const;
  };
  static constexpr u32 kMaxSites = 16384;

  // Refused sites may be deleted by the holder of busy_, so only it may see them.
  enum class Which { rewritten, all };
  Site* find(VirtAddr address, Which which);
  Result<void> copy_site(const Site& site, bool current);
  bool holds_jump(const Site& site);
  bool read_surroundings(VirtAddr site, Surroundings& out);
  bool is_plain_text(VirtAddr start, VirtAddr end);
  void rewrite(VirtAddr address, u64 number);
  // The INT3 has long been replaced, yet was executed: what a translator has made of it must go. It may have read the
  // text just before a store to it, and entered the translation after the store had looked for some to drop (QEMU
  // before 8.1 holds no lock meanwhile). Not asked of the boot page: a KVM may itself run in a machine that translates,
  // and on any other this hardly ever happens and costs a store.
  void drop_translation(const Site& site);
  void refuse(VirtAddr address, u64 signature, Site* known);
  Result<void> install(VirtAddr address, const RewritePlan& plan, const Surroundings& seen, Site* site);
  void insert(Site& site);
  void retire(Site& site);

  bool is_worthwhile(VirtAddr address);

  static constexpr u16 kWorthwhileTraps = 3;
  static constexpr u32 kTrapSlots = 512;
  u16 traps_[kTrapSlots] = {};  // by hash of the site: 14 bits of tag, 2 of count

  mm::AddressSpace& space_;
  std::atomic<bool> busy_{false};
  StubArenas arenas_;  // the holder of busy_ alone
  SpinLock lock_;
  HashTable<Site> sites_;     // by address
  HashTable<StubRef> stubs_;  // by stub address; also of sites whose text has changed since
  u32 count_ = 0;
};

}  // namespace baryon::arch
