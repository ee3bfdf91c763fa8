// Another process's memory: process_vm_readv(2), process_vm_writev(2).
#include <algorithm>

#include "kernel/mm/direct_map.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

// ptrace(2), "Ptrace access mode checking": the same user in every respect, and a target that may be dumped.
Result<void> may_access(const sched::Process& target) {
  const sched::Process& self = sched::current_process();
  const sched::Credentials &mine = self.credentials, &its = target.credentials;
  if (&target == &self || mine.can(sched::Capability::sys_ptrace)) return {};
  const bool same = mine.uid == its.uid && mine.uid == its.euid && mine.uid == its.suid && mine.gid == its.gid &&
                    mine.gid == its.egid && mine.gid == its.sgid;
  return same && target.dumpable ? Result<void>{} : Result<void>{Errno::perm};
}

// One piece of the other's memory, to or from the caller's buffer. Returns how much was moved.
Result<u64> move_piece(mm::AddressSpace& space, const fs::IoVector& piece, fs::IoBuffer& local, bool write) {
  u64 done = 0;
  while (done < piece.length && local.remaining() > 0) {
    abi::Segment segments[8];
    u64 covered = 0;
    const u64 wanted = std::min(piece.length - done, local.remaining());
    auto count = space.segments(piece.base + done, wanted, write, segments, covered);
    if (!count.ok()) return done ? Result<u64>(done) : count.error();
    u64 moved = 0;
    Result<void> failure;
    for (u32 i = 0; i < count.value() && failure.ok(); ++i) {
      void* there = mm::phys_to_virt(segments[i].gpa);
      auto copied = write ? local.copy_out(there, segments[i].length) : local.copy_in(there, segments[i].length);
      if (copied.ok()) moved += copied.value();
      if (!copied.ok() || copied.value() < segments[i].length) failure = Errno::fault;
    }
    mm::unpin_segments({segments, count.value()});
    done += moved;
    if (!failure.ok()) return done ? Result<u64>(done) : Result<u64>(failure.error());
  }
  return done;
}

Result<u64> transfer(SyscallContext& c, bool write) {
  if (c.arg[5] != 0) return Errno::inval;
  UserVectors local = TRY(UserVectors::copy(c.arg[1], c.arg[2]));
  UserVectors remote = TRY(UserVectors::copy(c.arg[3], c.arg[4]));
  Ref<sched::Task> task = sched::find_task(static_cast<u32>(c.arg[0]));
  if (!task || !task->process) return Errno::srch;
  TRY(may_access(*task->process));
  const Ref<mm::AddressSpace> space = task->process->find_space();
  if (!space) return Errno::srch;
  fs::IoBuffer buffer = local.buffer();
  u64 done = 0;
  for (const fs::IoVector& piece : remote.span()) {
    if (piece.length == 0 || buffer.remaining() == 0) continue;
    const u64 wanted = std::min(piece.length, buffer.remaining());
    auto moved = move_piece(*space, piece, buffer, write);
    if (!moved.ok()) return done ? Result<u64>(done) : moved.error();
    done += moved.value();
    if (moved.value() < wanted) break;
  }
  return done;
}

}  // namespace

Result<u64> sys_process_vm_readv(SyscallContext& c) { return transfer(c, false); }
Result<u64> sys_process_vm_writev(SyscallContext& c) { return transfer(c, true); }

}  // namespace baryon::syscall
