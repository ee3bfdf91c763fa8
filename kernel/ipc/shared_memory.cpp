#include "kernel/ipc/shared_memory.hpp"

#include "kernel/base/format.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::ipc {

Table<Segment>& segments() {
  static constinit Table<Segment> table;
  return table;
}

Result<PhysAddr> Segment::page(u64 offset, bool) {
  if (offset >= align_up(size, kPageSize)) return Errno::fault;
  return store_.get(offset / kPageSize, true);
}

u64 Segment::name(char* buffer, u64 length) const {
  return length == 0 ? 0 : format(buffer, length, "/SYSV%08x (deleted)", static_cast<u32>(permission.key));
}

void Segment::last_unref() {
  if (id >= 0) segments().leave(id);
  delete this;
}

u64 Segment::attachments() {
  u64 count = 0;
  for (Ref<sched::Process> each = sched::next_process(0); each; each = sched::next_process(each->pid() + 1))
    if (const Ref<mm::AddressSpace> space = each->find_space())
      space->for_each_vma([&](const mm::AddressSpace::VmaReport& vma) { count += vma.object.get() == this ? 1 : 0; });
  return count;
}

Result<void> report_segments(String& out) {
  TRY(
      out.append("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      "
                 "atime      dtime      ctime                   rss                  swap\n"));
  return segments().for_each([&](i32 id, Segment& each) -> Result<void> {
    const Permission& p = each.permission;
    TRY(append_column(out, p.key, 10));
    TRY(append_column(out, id, 10));
    TRY(append_octal_column(out, p.mode, 5));
    TRY(append_column(out, static_cast<i64>(each.size), 21));
    return out.appendf("%5u %5u  %5lu %5u %5u %5u %5u %10ld %10ld %10ld %21lu %21u\n", each.creator_pid, each.last_pid,
                       each.attachments(), p.uid, p.gid, p.creator_uid, p.creator_gid, each.attach_s, each.detach_s,
                       each.change_s, each.resident_pages() * kPageSize, 0);
  });
}

}  // namespace baryon::ipc
