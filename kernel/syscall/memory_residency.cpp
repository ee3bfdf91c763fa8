// Residency and ordering: msync(2), mincore(2), mlock(2), membarrier(2).
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/arch/api/user_memory.hpp"
#include "kernel/mm/address_space.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {
namespace {

mm::AddressSpace& space() { return sched::current_process().space(); }

// There is no swap: a page that is present stays, so locking is faulting in.
Result<u64> lock_range(VirtAddr start, u64 length) {
  VirtAddr first = align_down(start, kPageSize);
  u64 size = length + (start - first);
  if (size < length || first + size < first) return Errno::inval;
  if (size) TRY(space().populate(first, size, true));
  return u64{0};
}

enum : u64 { kMsAsync = 1, kMsInvalidate = 2, kMsSync = 4 };
enum : u64 { kMclCurrent = 1, kMclFuture = 2, kMclOnFault = 4 };

// membarrier(2).
enum : u64 {
  kQuery = 0,
  kGlobal = 1,
  kGlobalExpedited = 2,
  kRegisterGlobalExpedited = 4,
  kPrivateExpedited = 8,
  kRegisterPrivateExpedited = 16,
  kPrivateExpeditedSyncCore = 32,
  kRegisterPrivateExpeditedSyncCore = 64,
};
constexpr u64 kAllBarriers = 127;

}  // namespace

Result<u64> sys_msync(SyscallContext& c) {
  const u64 flags = c.arg[2];
  if ((flags & ~(kMsAsync | kMsInvalidate | kMsSync)) || ((flags & kMsAsync) && (flags & kMsSync))) return Errno::inval;
  if (!is_aligned(c.arg[0], kPageSize)) return Errno::inval;
  if (c.arg[0] + align_up(c.arg[1], kPageSize) < c.arg[0]) return Errno::nomem;
  // MS_ASYNC promises nothing before a later MS_SYNC; written back now it is simplest.
  TRY(space().sync(c.arg[0], c.arg[1]));
  return u64{0};
}

Result<u64> sys_mincore(SyscallContext& c) {
  VirtAddr start = c.arg[0], to = c.arg[2];
  if (!is_aligned(start, kPageSize)) return Errno::inval;
  u64 pages = align_up(c.arg[1], kPageSize) / kPageSize;
  if (c.arg[1] > arch::kUserEnd) return Errno::nomem;
  while (pages) {
    u8 present[512];
    u64 now = pages < sizeof present ? pages : sizeof present;
    TRY(space().residency(start, now * kPageSize, present));
    if (!arch::copy_to_user(to, present, now)) return Errno::fault;
    start += now * kPageSize;
    to += now;
    pages -= now;
  }
  return u64{0};
}

Result<u64> sys_mlock(SyscallContext& c) { return lock_range(c.arg[0], c.arg[1]); }

Result<u64> sys_mlock2(SyscallContext& c) {
  constexpr u64 kOnFault = 1;
  if (c.arg[2] & ~kOnFault) return Errno::inval;
  if (c.arg[2] & kOnFault) return u64{0};
  return lock_range(c.arg[0], c.arg[1]);
}

Result<u64> sys_munlock(SyscallContext&) { return u64{0}; }

Result<u64> sys_mlockall(SyscallContext& c) {
  const u64 flags = c.arg[0];
  if (flags == 0 || (flags & ~(kMclCurrent | kMclFuture | kMclOnFault)) || flags == kMclOnFault) return Errno::inval;
  return u64{0};
}

Result<u64> sys_munlockall(SyscallContext&) { return u64{0}; }

Result<u64> sys_membarrier(SyscallContext& c) {
  const u64 command = c.arg[0];
  if (c.arg[1]) return Errno::inval;
  std::atomic<u32>& registered = space().barriers;
  switch (command) {
    case kQuery: return kAllBarriers;
    case kRegisterGlobalExpedited:
    case kRegisterPrivateExpedited:
    case kRegisterPrivateExpeditedSyncCore: registered.fetch_or(static_cast<u32>(command)); return u64{0};
    case kPrivateExpedited:
    case kPrivateExpeditedSyncCore:
      if (!(registered.load() & (command << 1))) return Errno::perm;
      [[fallthrough]];
    case kGlobal:
    case kGlobalExpedited:
      std::atomic_thread_fence(std::memory_order_seq_cst);
      arch::synchronise_cpus(space().cpu_mask());
      return u64{0};
    default: return Errno::inval;
  }
}

}  // namespace baryon::syscall
