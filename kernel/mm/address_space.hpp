// The memory of a process: its mappings (VMAs) and its page table.
//
// Every function may be called by several threads at once; one lock per address space covers mappings and
// page table. It is never held while a MemoryObject is asked for a page: such work is done between two
// critical sections, and thrown away if `generation_` shows that mappings changed meanwhile.
// Functions that take ranges want page-aligned starts unless they say otherwise; lengths are rounded up to
// pages. Ranges come from the program and are validated here. Errors are mmap(2)'s and its relatives'.
// Translations that lose rights or change are flushed on every vCPU that runs the address space before
// the frames behind them are freed and before the call returns.
#pragma once

#include <atomic>
#include <span>

#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/qcall.hpp"
#include "kernel/arch/api/paging.hpp"
#include "kernel/arch/api/upcalls.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/base/unique.hpp"
#include "kernel/mm/page_batch.hpp"
#include "kernel/mm/vma.hpp"

namespace baryon::mm {

enum MapFlags : u32 {
  kMapShared = 1u << 0,  // else private
  kMapFixed = 1u << 1,   // exactly at the hint, replacing what is there
  kMapFixedNoReplace = 1u << 2,
  kMapNoReserve = 1u << 3,
  kMapStack = 1u << 4,
  kMapGrowsDown = 1u << 5,
  kMapPopulate = 1u << 6,
  kMap32Bit = 1u << 7,
  kMapNoWrite = 1u << 8,  // PROT_WRITE may never be added (shared, descriptor not open for writing)
  kMapLazy = 1u << 9,     // no page ahead of its first use, whatever the policy
};

struct MapRequest {
  VirtAddr hint = 0;
  u64 length = 0;              // bytes, rounded up to pages
  u32 prot = 0;                // kProt*
  u32 flags = 0;               // MapFlags
  Ref<MemoryObject> object;    // null: anonymous
  u64 offset = 0;              // page aligned
  const char* name = nullptr;  // static
};

enum class FaultOutcome {
  resolved,
  sigsegv_maperr,  // SEGV_MAPERR: nothing is mapped there
  sigsegv_accerr,  // SEGV_ACCERR: the mapping forbids it
  sigbus,          // BUS_ADRERR: beyond the end of the object, or it could not be read
  out_of_memory,   // kill the process
};

// What another module keeps with an address space; destroyed with it.
class AddressSpaceExtension {
 public:
  virtual ~AddressSpaceExtension() = default;
  // fork: from a freeze that succeeded until thaw nothing of it changes, nor what it has mapped or written. False:
  // it is being changed, the caller tries again later. Neither blocks.
  virtual bool freeze() = 0;
  virtual void thaw() = 0;
  // What a copy of the address space keeps; between freeze and thaw. Errors: nomem.
  virtual Result<AddressSpaceExtension*> copy(class AddressSpace& space) = 0;
};

class AddressSpace final : public RefCounted {
 public:
  // `seed`: random bits for the layout (stack and mmap base); 0 = the highest addresses.
  static Result<Ref<AddressSpace>> create(u64 seed);
  // fork(2): the same mappings with the same contents, private ones copied when first written. `stack_pointer`: of
  // the caller, whose stack is about to be written on both sides. `sole_thread`: no other thread runs in this space.
  // Errors: nomem; busy when a thread is just rewriting text, then the caller yields and tries again.
  Result<Ref<AddressSpace>> fork(VirtAddr stack_pointer, bool sole_thread);

  // Processes that run in it (fork, exec, exit keep count). When the last one has left, no user code runs in it any
  // more: its frames are freed at once, though it may still be active on a vCPU. May block (write-back).
  void join() { users_.fetch_add(1, std::memory_order_relaxed); }
  void leave();

  // --- mappings ---
  Result<VirtAddr> map(const MapRequest& request);
  Result<void> unmap(VirtAddr start, u64 length);
  Result<void> protect(VirtAddr start, u64 length, u32 prot);
  // mremap(2): flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP (the last is refused).
  Result<VirtAddr> remap(VirtAddr old_start, u64 old_length, u64 new_length, u32 flags, VirtAddr new_start);
  Result<void> advise(VirtAddr start, u64 length, i32 advice);
  // Faults a range in as if it was touched (`write`: written, where the mapping allows it). ENOMEM if part of
  // it is not mapped.
  Result<void> populate(VirtAddr start, u64 length, bool write);
  Result<void> sync(VirtAddr start, u64 length);
  // mincore(2): one byte a page, 1 = present. At most 4096 pages a call.
  Result<void> residency(VirtAddr start, u64 length, u8* out);
  // The kernel's own mappings, anywhere within [low, high): stub arenas, vdso, vvar. high = 0: where mmap
  // would place them.
  Result<VirtAddr> map_special(VirtAddr low, VirtAddr high, u64 pages, u32 prot, const char* name,
                               Ref<MemoryObject> object = {}, u64 offset = 0);

  // Where the vDSO is (program loader), 0: none.
  void set_vdso(VirtAddr address) { vdso_ = address; }
  VirtAddr vdso() const { return vdso_; }

  // --- brk(2) ---
  // Where the heap starts: set once by the program loader (rounded up to a page).
  void set_heap_start(VirtAddr start);
  // Moves the break; returns the break that holds afterwards (the old one if the request cannot be met). 0 asks.
  VirtAddr set_brk(VirtAddr end);

  // --- the main stack ---
  // Maps the stack with its top at the layout's stack top; it grows down to `limit` bytes (RLIMIT_STACK).
  // Returns the top.
  Result<VirtAddr> map_stack(u64 limit);

  // --- faults ---
  // Resolves a memory fault at a user address, for user code and for user_memory routines alike. May block.
  FaultOutcome fault(const arch::Fault& fault);

  // Guest-physical runs behind [start, start + length) (any alignment), for a QCall that the host will read
  // from (write = false) or write to (write = true). Faults in what is missing; stops early when the
  // segments are used up. `covered` = bytes described; the result = number of segments. EFAULT if not even the
  // first byte can be had. The frames are pinned, until unpin_segments: a fork or an unmap meanwhile neither shares nor
  // frees what the host is about to use.
  Result<u32> segments(VirtAddr start, u64 length, bool write, std::span<abi::Segment> out, u64& covered);

  // A writable alias in the direct map of the user byte at `address`, which may be text: breaks
  // copy-on-write first, so that no file and no other process sees what is written. Valid to the end of the page.
  Result<void*> kernel_window(VirtAddr address);
  // The frame behind kernel_window with a reference for the caller, so that an unmap meanwhile cannot give it to
  // someone else. While the reference is held, another call for the same page makes a new copy of it.
  Result<PhysAddr> private_frame(VirtAddr address);
  // The frame behind an address with a reference for the caller, faulted in for reading or writing: keys of shared
  // futexes.
  Result<PhysAddr> frame(VirtAddr address, bool write);

  // --- scheduling ---
  void activate(u32 cpu);    // this vCPU now runs this address space
  void deactivate(u32 cpu);  // it runs another one now: no flush will be sent to it
  // The address space that this vCPU runs (or ran last); null before the first. It stays alive while it is active.
  static AddressSpace* active();
  u64 cpu_mask() const { return cpus_.load(std::memory_order_seq_cst); }

  // --- reports ---
  u64 resident_pages() const { return resident_.load(std::memory_order_relaxed); }
  u64 peak_resident_pages() const { return peak_resident_.load(std::memory_order_relaxed); }
  u64 mapped_bytes() const { return mapped_bytes_.load(std::memory_order_relaxed); }
  VirtAddr heap_start() const { return heap_start_; }
  VirtAddr heap_end() const { return heap_end_; }
  VirtAddr stack_top() const { return stack_top_; }
  // A mapping as /proc/<pid>/maps shows it. Returns the first mapping that ends above `from`; go on from its
  // end. False: there is none.
  struct VmaReport {
    VirtAddr start, end;
    u32 prot, flags;
    u64 offset;
    Ref<MemoryObject> object;
    const char* name;
  };
  bool next_vma(VirtAddr from, VmaReport& out);
  template <class F>
  void for_each_vma(F&& f) {
    VmaReport report;
    for (VirtAddr at = 0; next_vma(at, report); at = report.end) f(report);
  }

  // What the program was started with, for /proc/<pid>/{cmdline,environ,auxv}; set by the program loader.
  struct ProgramArea {
    VirtAddr arg_start = 0, arg_end = 0, env_start = 0, env_end = 0, auxv_start = 0, auxv_end = 0;
    VirtAddr code_start = 0, code_end = 0, data_start = 0, data_end = 0;
  };
  ProgramArea program;

  // The architecture's (rewritten call sites). Set once, by compare-and-exchange.
  std::atomic<AddressSpaceExtension*> arch_extension{nullptr};
  std::atomic<u32> barriers{0};  // membarrier(2) commands registered

 private:
  // What a change of mappings leaves to be destroyed: frames after the flush, VMAs (whose objects may block
  // when they go) after the lock.
  struct Removal {
    PageBatch frames;
    Vma* dead = nullptr;  // linked through `next`
    bool stale = false;   // some translation must be flushed
    ~Removal();           // writes back shared mappings and drops the VMAs; no lock held
  };

  explicit AddressSpace(arch::PageTable* table, u64 seed);
  ~AddressSpace() override;

  // address_space.cpp. All with the lock held.
  Result<VirtAddr> choose_address(const MapRequest& request, u64 length);
  Result<void> split_at(VirtAddr address);
  Result<void> clear_range(VirtAddr start, VirtAddr end, Removal& removal);
  void discard_pages(VirtAddr start, VirtAddr end, Removal& removal);
  Result<Vma*> insert_vma(VirtAddr start, VirtAddr end, u32 prot, u32 flags, Ref<MemoryObject> object, u64 offset,
                          const char* name);
  Vma* merge_around(Vma* vma);
  bool is_covered(VirtAddr start, VirtAddr end) const;
  Result<void> mark(VirtAddr start, VirtAddr end, u32 set, u32 clear);  // protect.cpp; takes the lock
  void retire();                                                        // takes the lock
  void finish(Removal& removal);                                        // flushes if need be, then frees
  void flush();
  void account(i64 pages);
  static u32 vma_flags(const MapRequest& request);

  // fork.cpp
  struct ForkState;
  Result<Ref<AddressSpace>> fork_frozen(VirtAddr stack_pointer, bool sole_thread, AddressSpaceExtension* extension);
  u64 writable_private_pages(u64 limit) const;
  Result<void> fork_vma(Vma& vma, ForkState& state);
  Result<void> fork_page(const Vma& vma, VirtAddr at, const arch::PageTable::Mapping& m, ForkState& state);
  Result<bool> fork_copy(const Vma& vma, VirtAddr at, const arch::PageTable::Mapping& m, ForkState& state);

  // remap.cpp
  Result<void> share_pages(VirtAddr from, VirtAddr to, u64 length);

  // fault.cpp
  struct Touch {
    VirtAddr address;
    bool write = false;
    bool execute = false;
    bool force = false;     // ignore the VMA's rights and make the frame private (kernel_window)
    bool hardware = false;  // a real fault: this vCPU holds no stale translation of the page
    // Pages to resolve along with it; clipped to the VMA. Empty: the policy's fault-around window.
    VirtAddr window_start = 0, window_end = 0;
  };
  FaultOutcome resolve(const Touch& touch);
  FaultOutcome resolve_present(Vma& vma, const Touch& touch, const arch::PageTable::Mapping& mapping, bool& ask_object);
  FaultOutcome break_cow(Vma& vma, VirtAddr page, PhysAddr old_frame, const Touch& touch);
  bool regain_writes(Vma& vma, VirtAddr page, const arch::PageTable::Mapping& mapping);
  FaultOutcome install_object_pages(const Vma& vma, VirtAddr start, const PhysAddr* frames, u32 count,
                                    const Touch& touch);
  void window_of(Vma& vma, const Touch& touch, VirtAddr& start, VirtAddr& end);
  bool allowed(const Vma& vma, const Touch& touch) const;
  Vma* grow_stack(VirtAddr address);

  // populate.cpp
  Result<void> fill_anonymous(Vma& vma, VirtAddr start, VirtAddr end);  // lock held; maps what is missing
  u64 populate_window(const Vma& vma, u64 length) const;                // lock held
  void populate_ahead(Vma& vma, VirtAddr start, VirtAddr end);          // lock held; best effort

  static arch::PageFlags page_flags(const Vma& vma, bool write);

  SpinLock lock_;
  Unique<arch::PageTable> table_;
  VmaIndex vmas_;
  u64 generation_ = 0;  // counts changes of mappings
  std::atomic<u64> cpus_{0};
  std::atomic<u32> users_{0};
  bool retired_ = false;  // left by its last process: the page table shows frames that are gone
  std::atomic<u64> resident_{0}, peak_resident_{0}, mapped_bytes_{0};
  VirtAddr stack_top_;
  VirtAddr map_top_;     // mmap addresses are chosen below
  u64 stack_limit_ = 0;  // bytes
  VirtAddr heap_start_ = 0, heap_end_ = 0;
  VirtAddr vdso_ = 0;
};

void unpin_segments(std::span<const abi::Segment> segments);

// eager or demand (BootPage::page_policy), set by mm::init.
void set_page_policy(abi::PagePolicy policy);
abi::PagePolicy page_policy();

}  // namespace baryon::mm
