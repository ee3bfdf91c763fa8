#include "kernel/arch/x86_64/linked/rewriter.hpp"

#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/arch/x86_64/interrupts.hpp"
#include "kernel/arch/x86_64/linked/rewrite_patch.hpp"
#include "kernel/arch/x86_64/offsets.hpp"
#include "kernel/arch/x86_64/user_memory.hpp"
#include "kernel/base/log.hpp"

namespace baryon::arch {
namespace {

u32 hash_of(VirtAddr address) { return static_cast<u32>((address * 0x9e37'79b9'7f4a'7c15) >> 32); }

// As many bytes of [start, start + length) as can be read from the start (forward) or up to the end (backward), in
// steps of pages.
unsigned readable_forward(u8* to, VirtAddr start, unsigned length) {
  if (copy_from_user(to, start, length)) return length;
  const u64 in_page = kPageSize - start % kPageSize;
  return in_page < length && copy_from_user(to, start, in_page) ? static_cast<unsigned>(in_page) : 0;
}
unsigned readable_backward(u8* to, VirtAddr end, unsigned length) {
  if (end >= length && copy_from_user(to, end - length, length)) return length;
  const u64 in_page = end % kPageSize;
  return in_page < length && in_page <= end && copy_from_user(to + (length - in_page), end - in_page, in_page)
             ? static_cast<unsigned>(in_page)
             : 0;
}

}  // namespace

Rewriter* Rewriter::current(bool create) {
  mm::AddressSpace* space = mm::AddressSpace::active();
  if (space == nullptr) return nullptr;
  mm::AddressSpaceExtension* found = space->arch_extension.load(std::memory_order_acquire);
  if (found == nullptr && create) {
    auto made = make<Rewriter>(*space);
    if (!made.ok()) return nullptr;
    if (space->arch_extension.compare_exchange_strong(found, made.value(), std::memory_order_acq_rel))
      return made.value();
    delete made.value();  // another thread was faster
  }
  return static_cast<Rewriter*>(found);
}

Rewriter::~Rewriter() {
  // Each site is in one of the tables: refused ones in sites_ alone, the others in stubs_.
  sites_.for_each([](Site& site) {
    if (site.stub == 0) delete &site;
  });
  stubs_.for_each([](StubRef& ref) { delete ref.site; });
}

// The holder of busy_ alone changes the tables, so they are read without their lock, which must not be held while
// memory is allocated.
Result<mm::AddressSpaceExtension*> Rewriter::copy(mm::AddressSpace& space) {
  Rewriter* copy = TRY(make<Rewriter>(space));
  Result<void> result = copy->arenas_.copy_from(arenas_);
  __builtin_memcpy(copy->traps_, traps_, sizeof traps_);
  sites_.for_each([&](Site& site) {
    if (result.ok()) result = copy->copy_site(site, true);
  });
  stubs_.for_each([&](StubRef& ref) {
    // Retired: its text has changed, but a thread may return into its stub.
    if (result.ok() && find(ref.site->address, Which::rewritten) != ref.site)
      result = copy->copy_site(*ref.site, false);
  });
  if (!result.ok()) {
    delete copy;
    return result.error();
  }
  return static_cast<mm::AddressSpaceExtension*>(copy);
}

Result<void> Rewriter::copy_site(const Site& site, bool current) {
  Site* made = TRY(make<Site>());
  made->address = site.address;
  made->patch = site.patch;
  made->stub = site.stub;
  made->signature = site.signature;
  made->patching.store(false, std::memory_order_relaxed);
  made->plan = site.plan;
  made->code = site.code;
  __builtin_memcpy(made->jump, site.jump, sizeof made->jump);
  insert(*made);
  if (!current) retire(*made);
  ++count_;
  return {};
}

Rewriter::Site* Rewriter::find(VirtAddr address, Which which) {
  SpinGuard guard(lock_);
  return sites_.find(hash_of(address), [&](const Site& site) {
    return site.address == address && (which == Which::all || site.stub != 0);
  });
}

void Rewriter::insert(Site& site) {
  SpinGuard guard(lock_);
  sites_.insert(site, hash_of(site.address));
  if (site.stub == 0) return;
  site.ref.site = &site;
  stubs_.insert(site.ref, hash_of(site.stub));
}

// The site's text has changed: its address says nothing any more. Its stub stays for threads that are in it.
void Rewriter::retire(Site& site) {
  SpinGuard guard(lock_);
  sites_.remove(site);
}

bool Rewriter::holds_jump(const Site& site) {
  u8 bytes[kJumpLength];
  return copy_from_user(bytes, site.patch, sizeof bytes) && __builtin_memcmp(bytes, site.jump, sizeof bytes) == 0;
}

u64 Rewriter::Surroundings::signature() const {
  u64 hash = 0xcbf2'9ce4'8422'2325 + before * 64 + after;  // FNV-1a
  for (unsigned i = kBytesBefore - before; i < kBytesBefore + kSyscallLength + after; ++i)
    hash = (hash ^ bytes[i]) * 0x100'0000'01b3;
  return hash;
}

bool Rewriter::read_surroundings(VirtAddr site, Surroundings& out) {
  u8* middle = out.bytes + kBytesBefore;
  if (!copy_from_user(middle, site, kSyscallLength) || middle[0] != 0x0f || middle[1] != 0x05) return false;
  out.before = readable_backward(out.bytes, site, kBytesBefore);
  out.after = readable_forward(middle + kSyscallLength, site + kSyscallLength, kBytesAfter);
  return true;
}

// Only private text that the program cannot write: what is being written at the same time cannot be replaced exactly.
bool Rewriter::is_plain_text(VirtAddr start, VirtAddr end) {
  mm::AddressSpace::VmaReport vma;
  for (VirtAddr at = start; at < end; at = vma.end) {
    if (!space_.next_vma(at, vma) || vma.start > at) return false;
    if ((vma.flags & mm::kVmaShared) != 0 || (vma.prot & (mm::kProtWrite | mm::kProtExec)) != mm::kProtExec)
      return false;
  }
  return true;
}

// Rewriting a site costs several traps: text is copied on the first write to a page, and translations are flushed. A
// site that is called once or twice (most are, in a process that forks and executes) is cheaper to leave.
bool Rewriter::is_worthwhile(VirtAddr address) {
  const u32 hash = hash_of(address);
  std::atomic_ref<u16> slot(traps_[hash % kTrapSlots]);
  const u16 tag = static_cast<u16>(hash >> 16 << 2);
  const u16 old = slot.load(std::memory_order_relaxed);
  const u16 count = (old & ~3) == tag ? (old & 3) + 1 : 1;
  // Counts that are lost to a race or to another site in the slot only delay it.
  slot.store(tag | (count & 3), std::memory_order_relaxed);
  return count >= kWorthwhileTraps;
}

void Rewriter::consider(VirtAddr address, u64 number) {
  if (!is_worthwhile(address)) return;
  if (busy_.exchange(true, std::memory_order_acquire)) return;
  rewrite(address, number);
  busy_.store(false, std::memory_order_release);
}

void Rewriter::rewrite(VirtAddr address, u64 number) {
  Site* known = find(address, Which::all);
  if (known != nullptr && known->stub != 0) {
    if (holds_jump(*known)) return;  // someone jumped to the SYSCALL behind a rewritten MOV
    retire(*known);
    known = nullptr;
  }
  Surroundings seen;
  if (!read_surroundings(address, seen)) return;
  const u64 signature = seen.signature();
  if (known != nullptr && known->signature == signature) return;
  const RewritePlan plan = plan_rewrite(seen.before_bytes(), seen.after_bytes(), number);
  if (plan.kind == RewritePlan::Kind::refused) return refuse(address, signature, known);
  // Looked at anew each time: a later mprotect may make plain text of it.
  if (!is_plain_text(address - plan.patch_back, address + kSyscallLength + plan.displaced_length)) return;
  if (count_ >= kMaxSites) return;

  auto made = make<Site>();
  if (!made.ok()) return;
  Site* site = made.value();
  if (known != nullptr) {
    retire(*known);
    delete known;  // refused ones are reached by the holder of busy_ alone
    --count_;
  }
  ++count_;
  if (install(address, plan, seen, site).ok()) {
    ++stats().sites_rewritten;
    return;
  }
  delete site;
  --count_;
  refuse(address, signature, nullptr);
}

void Rewriter::refuse(VirtAddr address, u64 signature, Site* known) {
  if (known != nullptr) {
    known->signature = signature;
    return;
  }
  if (count_ >= kMaxSites) return;
  auto made = make<Site>();
  if (!made.ok()) return;
  made.value()->address = address;
  made.value()->signature = signature;
  insert(*made.value());
  ++count_;
  ++stats().sites_refused;
}

// After failure the site is in no table and the text is as it was.
Result<void> Rewriter::install(VirtAddr address, const RewritePlan& plan, const Surroundings& seen, Site* site) {
  site->address = address;
  site->patch = address - plan.patch_back;
  site->plan = plan;
  const VirtAddr stub = TRY(arenas_.take_slot(space_, plan, site->patch));
  const auto code = make_stub(plan, address, stub, GS_SYSCALL_ENTRY);
  if (!code) return Errno::range;
  site->code = *code;
  {
    TextWindow window;
    TRY(TextWindow::open(window, space_, stub, kStubSize));
    window.write(stub, {code->code, code->size});
  }
  const u32 distance = static_cast<u32>(stub - (site->patch + kJumpLength));
  site->jump[0] = 0xe9;
  __builtin_memcpy(site->jump + 1, &distance, sizeof distance);

  TextWindow window;
  const u64 length = plan.patch_back + kSyscallLength + plan.displaced_length;
  TRY(TextWindow::open(window, space_, site->patch, length));
  if (!window.equals(site->patch, {seen.bytes + kBytesBefore - plan.patch_back, length})) return Errno::again;
  site->stub = stub;
  insert(*site);  // before the first changed byte: traps at the site must find it
  patch_text(window, space_, site->patch, plan, site->jump);
  site->patching.store(false, std::memory_order_release);
  return {};
}

VirtAddr Rewriter::copy_of(VirtAddr pc) {
  for (unsigned back = kSyscallLength; back < kJumpLength; ++back) {
    const Site* site = find(pc - back, Which::rewritten);
    if (site == nullptr || site->plan.kind != RewritePlan::Kind::displaced) continue;
    for (unsigned i = 0; i < site->plan.displaced_count; ++i)
      if (site->plan.start[i] == back && (site->patching.load(std::memory_order_acquire) || holds_jump(*site)))
        return site->stub + site->code.copy[i];
  }
  return 0;
}

bool Rewriter::is_patching(VirtAddr pc) {
  for (const unsigned back : {0, 5, 7}) {
    const Site* site = find(pc + back, Which::rewritten);
    if (site == nullptr || site->patch != pc) continue;
    if (site->patching.load(std::memory_order_acquire)) return true;
    if (!holds_jump(*site)) return false;
    drop_translation(*site);
    return true;
  }
  return false;
}

void Rewriter::drop_translation(const Site& site) {
  // Two windows on one page at a time would part it. If another thread has one, the trap comes again.
  if (busy_.exchange(true, std::memory_order_acquire)) return;
  {
    TextWindow window;
    if (TextWindow::open(window, space_, site.patch, kJumpLength).ok())
      arch::drop_translations(window.at(site.patch), 1);
  }
  busy_.store(false, std::memory_order_release);
}

VirtAddr Rewriter::original_pc(VirtAddr pc) {
  const VirtAddr stub = align_down(pc, kStubSize);
  const Site* site = nullptr;
  {
    SpinGuard guard(lock_);
    const StubRef* ref = stubs_.find(hash_of(stub), [&](const StubRef& r) { return r.site->stub == stub; });
    if (ref != nullptr) site = ref->site;
  }
  if (site == nullptr) return pc;
  for (unsigned i = 0; i < site->code.point_count; ++i)
    if (site->code.points[i].offset == pc - stub)
      return site->address + static_cast<u64>(static_cast<i64>(site->code.points[i].original));
  return pc;
}

}  // namespace baryon::arch
