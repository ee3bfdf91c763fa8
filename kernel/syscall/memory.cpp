// Mappings: mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2).
#include "kernel/fs/fd_table.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/mm/address_space.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {
namespace {

// mmap(2); asm-generic/mman-common.h, mman.h.
enum : u64 {
  kShared = 1,
  kPrivate = 2,
  kSharedValidate = 3,
  kTypeMask = 0xf,
  kFixed = 0x10,
  kAnonymous = 0x20,
  k32Bit = 0x40,
  kGrowsDown = 0x100,
  kDenyWrite = 0x800,
  kExecutable = 0x1000,
  kLocked = 0x2000,
  kNoReserve = 0x4000,
  kPopulate = 0x8000,
  kNonBlock = 0x10000,
  kStack = 0x20000,
  kHugeTlb = 0x40000,
  kSync = 0x80000,
  kFixedNoReplace = 0x100000,
};
constexpr u64 kProtMask = 7;
constexpr u64 kProtSem = 8, kProtGrowsDown = 0x0100'0000, kProtGrowsUp = 0x0200'0000;

mm::AddressSpace& space() { return sched::current_process().space(); }

// RLIMIT_AS.
bool fits_limit(u64 added) {
  u64 limit = sched::current_process().limits[sched::Limit::as].soft;
  u64 mapped = space().mapped_bytes();
  return limit == ~u64{0} || (mapped <= limit && added <= limit - mapped);
}

Result<u64> protect(VirtAddr start, u64 length, u64 prot) {
  if (prot & ~(kProtMask | kProtSem | kProtGrowsDown | kProtGrowsUp)) return Errno::inval;
  if (prot & kProtGrowsUp) return Errno::inval;  // no mapping grows up
  if (!is_aligned(start, kPageSize)) return Errno::inval;
  if (prot & kProtGrowsDown) {
    // From the start of the growing mapping that contains the address.
    mm::AddressSpace::VmaReport vma;
    if (!space().next_vma(start, vma) || vma.start > start) return Errno::nomem;
    if (!(vma.flags & mm::kVmaGrowsDown)) return Errno::inval;
    length += start - vma.start;
    start = vma.start;
  }
  TRY(space().protect(start, length, prot & kProtMask));
  return u64{0};
}

}  // namespace

Result<u64> sys_mmap(SyscallContext& c) {
  const u64 flags = c.arg[3], offset = c.arg[5], type = flags & kTypeMask;
  mm::MapRequest request;
  request.hint = c.arg[0];
  request.length = c.arg[1];
  request.prot = c.arg[2] & kProtMask;
  request.offset = offset;
  if (!is_aligned(offset, kPageSize)) return Errno::inval;

  Ref<fs::File> file;
  if (!(flags & kAnonymous)) {
    auto* files = sched::current_process().extension<fs::FdTable>(sched::Extension::files);
    file = TRY(files->get(static_cast<u32>(c.arg[4])));
  }
  if (request.length == 0) return Errno::inval;
  if (flags & kHugeTlb) return Errno::nomem;  // no huge page pool
  if (type == kSharedValidate) {
    constexpr u64 kKnown = kTypeMask | kFixed | kAnonymous | k32Bit | kGrowsDown | kDenyWrite | kExecutable | kLocked |
                           kNoReserve | kPopulate | kNonBlock | kStack | kHugeTlb | kFixedNoReplace;
    if (flags & ~kKnown) return Errno::opnotsupp;
  } else if (type != kShared && type != kPrivate) {
    return Errno::inval;
  }
  const bool shared = type != kPrivate;
  if (shared) request.flags |= mm::kMapShared;
  if (flags & kFixed) request.flags |= mm::kMapFixed;
  if (flags & kFixedNoReplace) request.flags |= mm::kMapFixedNoReplace;
  if (request.flags & mm::kMapFixedNoReplace) request.flags &= ~mm::kMapFixed;
  if (flags & kNoReserve) request.flags |= mm::kMapNoReserve;
  if (flags & kStack) request.flags |= mm::kMapStack;
  if (flags & k32Bit) request.flags |= mm::kMap32Bit;
  if (flags & (kLocked | (flags & kNonBlock ? 0 : kPopulate))) request.flags |= mm::kMapPopulate;
  if (flags & kGrowsDown) {
    if (shared) return Errno::inval;
    request.flags |= mm::kMapGrowsDown;
  }
  if (file) {
    const bool write = request.prot & mm::kProtWrite;
    if (request.length > ~u64{0} - kPageSize || offset + request.length < offset || (offset + request.length) >> 63)
      return Errno::overflow;
    if (!file->readable()) return Errno::acces;
    if (shared && write && !file->writable()) return Errno::acces;
    if (request.prot & mm::kProtExec && file->dentry() && fs::mount_flags(*file->dentry()) & fs::kMountNoExecute)
      return Errno::perm;
    if (shared && !file->writable()) request.flags |= mm::kMapNoWrite;
    request.object = TRY(file->memory_object(shared, write));
  } else if (!shared) {
    request.offset = 0;
  }
  if (!fits_limit(request.length)) return Errno::nomem;
  return TRY(space().map(request));
}

Result<u64> sys_munmap(SyscallContext& c) {
  TRY(space().unmap(c.arg[0], c.arg[1]));
  return u64{0};
}

Result<u64> sys_mprotect(SyscallContext& c) { return protect(c.arg[0], c.arg[1], c.arg[2]); }

// Protection keys are not offered: what pkey_mprotect(2) says for processors without them.
Result<u64> sys_pkey_mprotect(SyscallContext& c) {
  if (static_cast<i32>(c.arg[3]) != -1) return Errno::inval;
  return protect(c.arg[0], c.arg[1], c.arg[2]);
}
Result<u64> sys_pkey_alloc(SyscallContext& c) { return c.arg[0] || c.arg[1] > 3 ? Errno::inval : Errno::nospc; }
Result<u64> sys_pkey_free(SyscallContext&) { return Errno::inval; }

Result<u64> sys_mremap(SyscallContext& c) {
  if (c.arg[2] > c.arg[1] && !fits_limit(c.arg[2] - c.arg[1])) return Errno::nomem;
  return TRY(space().remap(c.arg[0], c.arg[1], c.arg[2], static_cast<u32>(c.arg[3]), c.arg[4]));
}

Result<u64> sys_brk(SyscallContext& c) {
  VirtAddr end = space().heap_end();
  if (c.arg[0] > end && !fits_limit(c.arg[0] - end)) return end;
  return space().set_brk(c.arg[0]);
}

Result<u64> sys_madvise(SyscallContext& c) {
  TRY(space().advise(c.arg[0], c.arg[1], static_cast<i32>(c.arg[2])));
  return u64{0};
}

}  // namespace baryon::syscall
