// shmget(2), shmat(2), shmdt(2), shmctl(2).
#include "kernel/ipc/shared_memory.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/ipc_control.hpp"

namespace baryon::syscall {
namespace {

constexpr u32 kReadOnly = 010000, kRound = 020000, kRemap = 040000, kExecute = 0100000;
constexpr u32 kHugePages = 04000;
constexpr u64 kLock = 11, kUnlock = 12, kStatByIndex = 13, kInfo = 14, kStatAny = 15;

mm::AddressSpace& space() { return sched::current_process().space(); }

UserSegment to_user_segment(ipc::Segment& s) {
  return {to_user(s.permission), s.size,     s.attach_s,      s.detach_s, s.change_s,
          s.creator_pid,         s.last_pid, s.attachments(), {}};
}

// A use of the segment by the current process.
void note_use(ipc::Segment& segment, i64 ipc::Segment::* when) {
  segment.*when = ipc::now_seconds();
  segment.last_pid = sched::current_process().pid();
}

Result<u64> limits_or_use(u64 command, VirtAddr out) {
  if (command == kIpcInfo) {
    constexpr u64 kMost = 0x7fff'ffff'ffff'ffff;
    TRY(copy_out(out, UserSegmentLimits{kMost, 1, ipc::kMostObjects, ipc::kMostObjects, kMost, {}}));
  } else {
    UserSegmentUse use{};
    TRY(ipc::segments().for_each([&](i32, ipc::Segment& each) -> Result<void> {
      ++use.used_ids;
      use.total += align_up(each.size, kPageSize) / kPageSize;
      use.resident += each.resident_pages();
      return {};
    }));
    TRY(copy_out(out, use));
  }
  return u64{ipc::segments().last_index()};
}

}  // namespace

Result<u64> sys_shmget(SyscallContext& c) {
  const u64 size = c.arg[1];
  const u32 flags = static_cast<u32>(c.arg[2]);
  return static_cast<u64>(TRY(ipc::segments().get(
      static_cast<i32>(c.arg[0]), flags,
      [&](ipc::Segment& found) -> Result<void> { return size > found.size ? Errno::inval : Result<void>(); },
      [&](const ipc::Permission& who) -> Result<Ref<ipc::Segment>> {
        if (size == 0 || size > ~u64{0} >> 1) return Errno::inval;
        if (flags & kHugePages) return Errno::nomem;  // no huge page pool
        if (size / kPageSize > mm::memory_statistics().total) return Errno::nomem;
        Ref<ipc::Segment> made = TRY(make_ref<ipc::Segment>(who, size));
        made->creator_pid = sched::current_process().pid();
        return made;
      })));
}

Result<u64> sys_shmat(SyscallContext& c) {
  Ref<ipc::Segment> segment = TRY(ipc::segments().find(static_cast<i32>(c.arg[0])));
  const u32 flags = static_cast<u32>(c.arg[2]);
  const bool writes = !(flags & kReadOnly);
  VirtAddr address = c.arg[1];
  if (address && !is_aligned(address, kPageSize)) {
    if (!(flags & kRound)) return Errno::inval;
    address = align_down(address, kPageSize);
  }
  if (flags & kRemap && address == 0) return Errno::inval;
  TRY(segment->permission.check(ipc::kRead | (writes ? ipc::kWrite : 0) | (flags & kExecute ? 1 : 0)));
  mm::MapRequest request;
  request.hint = address;
  request.length = segment->size;
  request.prot = mm::kProtRead | (writes ? u32{mm::kProtWrite} : 0) | (flags & kExecute ? u32{mm::kProtExec} : 0);
  request.flags = mm::kMapShared | (writes ? 0 : u32{mm::kMapNoWrite}) |
                  (flags & kRemap ? u32{mm::kMapFixed}
                   : address      ? u32{mm::kMapFixedNoReplace}
                                  : 0);
  request.object = segment;
  auto at = space().map(request);
  if (!at.ok()) return at.error().code() == Errno::exist ? Errno::inval : at.error();
  note_use(*segment, &ipc::Segment::attach_s);
  return at.value();
}

Result<u64> sys_shmdt(SyscallContext& c) {
  const VirtAddr address = c.arg[0];
  if (!is_aligned(address, kPageSize)) return Errno::inval;
  // What one shmat(2) mapped may be in several pieces by now. The first decides which segment it is.
  Ref<mm::MemoryObject> object;
  mm::AddressSpace::VmaReport vma;
  VirtAddr end = 0;
  for (VirtAddr at = address; space().next_vma(at, vma) && (end == 0 || vma.start < end); at = vma.end) {
    if (!vma.object || (object && !(vma.object == object)) || vma.start - vma.offset != address) {
      if (end == 0) return Errno::inval;
      continue;
    }
    if (!object) {
      Ref<ipc::Segment> segment;
      TRY(ipc::segments().for_each([&](i32, ipc::Segment& each) -> Result<void> {
        if (&each == vma.object.get()) segment = Ref<ipc::Segment>(each);
        return {};
      }));
      if (!segment) return Errno::inval;
      object = vma.object;
      end = address + align_up(segment->size, kPageSize);
      note_use(*segment, &ipc::Segment::detach_s);
    }
    TRY(space().unmap(vma.start, vma.end - vma.start));
  }
  return end ? Result<u64>(u64{0}) : Errno::inval;
}

Result<u64> sys_shmctl(SyscallContext& c) {
  const u64 command = static_cast<u32>(c.arg[1]) & ~kIpc64;
  const i32 id = static_cast<i32>(c.arg[0]);
  if (command == kIpcInfo || command == kInfo) return limits_or_use(command, c.arg[2]);
  if (command == kStatByIndex || command == kStatAny)
    return report_place(ipc::segments(), static_cast<u32>(id), command == kStatAny, c.arg[2], to_user_segment);
  const Ref<ipc::Segment> segment = TRY(ipc::segments().find(id));
  switch (command) {
    case kIpcStat: TRY(report_object(*segment, false, c.arg[2], to_user_segment)); return u64{0};
    case kIpcSet:
      TRY(set_permission(segment->permission, TRY(copy_in<UserSegment>(c.arg[2])).permission));
      segment->change_s = ipc::now_seconds();
      return u64{0};
    case kIpcRemove:
      TRY(segment->permission.check_owner());
      segment->permission.mode |= ipc::Segment::kDestroyed;
      ipc::segments().disown(id);
      return u64{0};
    case kLock:
    case kUnlock:  // nothing is swapped
      TRY(segment->permission.check_owner());
      if (command == kLock) segment->permission.mode |= ipc::Segment::kLocked;
      else segment->permission.mode &= ~ipc::Segment::kLocked;
      return u64{0};
    default: return Errno::inval;
  }
}

}  // namespace baryon::syscall
