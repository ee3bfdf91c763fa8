// Attributes: chmod(2), chown(2), utimensat(2), and calls that mount.
#include "kernel/fs/inotify.hpp"
#include "kernel/fs/permission.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

constexpr u64 kHere = static_cast<u32>(fs::kCurrentDirectory);

// The object to change: EROFS on read-only mounts.
Result<Ref<fs::Dentry>> writable(const Target& target) {
  if (target.dentry) TRY(fs::want_write(*target.dentry));
  return target.dentry;
}

Result<u64> change_mode(const Target& target, u64 mode) {
  Ref<fs::Dentry> dentry = TRY(writable(target));
  if (!dentry) return u64{0};
  TRY(fs::check_owner(*dentry));
  mode = TRY(fs::allowed_mode(*dentry, static_cast<u32>(mode) & fs::kPermissionMask));
  if (target.file && !(target.file->flags() & fs::kPath)) {
    TRY(target.file->chmod(static_cast<u32>(mode)));
    fs::notify_object(dentry.get(), fs::kInAttributes);
    return u64{0};
  }
  if (dentry->inode().type() == fs::kSymlink) return Errno::opnotsupp;
  TRY(dentry->inode().chmod(*dentry, static_cast<u32>(mode)));
  fs::notify_object(dentry.get(), fs::kInAttributes);
  return u64{0};
}

Result<u64> change_owner(const Target& target, u64 uid, u64 gid) {
  Ref<fs::Dentry> dentry = TRY(writable(target));
  if (dentry) TRY(fs::check_chown(*dentry, static_cast<u32>(uid), static_cast<u32>(gid)));
  if (target.file && !(target.file->flags() & fs::kPath))
    TRY(target.file->chown(static_cast<u32>(uid), static_cast<u32>(gid)));
  else if (dentry) TRY(dentry->inode().chown(*dentry, static_cast<u32>(uid), static_cast<u32>(gid)));
  fs::notify_object(dentry.get(), fs::kInAttributes);
  return u64{0};
}

Result<u64> set_times(const Target& target, const fs::TimeUpdate& times) {
  constexpr u64 kSecond = 1'000'000'000;
  for (u64 ns : {times.access_ns, times.modify_ns})
    if (ns >= kSecond && ns != fs::kTimeNow && ns != fs::kTimeOmit) return Errno::inval;
  if (times.access_ns == fs::kTimeOmit && times.modify_ns == fs::kTimeOmit) return u64{0};
  Ref<fs::Dentry> dentry = TRY(writable(target));
  // Who may write may set the times to now.
  const bool now = times.access_ns == fs::kTimeNow && times.modify_ns == fs::kTimeNow;
  if (dentry && !fs::check_owner(*dentry).ok()) {
    if (!now) return Errno::perm;
    TRY(fs::check_access(*dentry, fs::kMayWrite));
  }
  if (target.file && !(target.file->flags() & fs::kPath)) TRY(target.file->utimens(times));
  else if (dentry) TRY(dentry->inode().utimens(*dentry, times));
  fs::notify_object(dentry.get(), fs::kInAttributes);
  return u64{0};
}

struct TimePair {
  i64 seconds;
  i64 fraction;
};

// `scale`: nanoseconds of a unit of the fraction.
Result<fs::TimeUpdate> load_times(VirtAddr address, u64 scale) {
  if (address == 0) return fs::TimeUpdate{0, 0, fs::kTimeNow, fs::kTimeNow};
  TimePair pair[2];
  if (!arch::copy_from_user(pair, address, sizeof pair)) return Errno::fault;
  if (scale > 1)
    for (const TimePair& time : pair)
      if (time.fraction < 0 || time.fraction >= 1'000'000) return Errno::inval;
  return fs::TimeUpdate{pair[0].seconds, pair[1].seconds, static_cast<u64>(pair[0].fraction) * scale,
                        static_cast<u64>(pair[1].fraction) * scale};
}

Result<Target> descriptor(u64 fd) {
  Ref<fs::File> file = TRY(file_at(fd));
  if (file->flags() & fs::kPath) return Errno::badf;
  Ref<fs::Dentry> dentry(file->dentry());
  return Target{std::move(dentry), std::move(file), {}};
}

}  // namespace

Result<u64> sys_umask(SyscallContext& c) {
  return u64{
      sched::current_process().file_mode_mask.exchange(static_cast<u32>(c.arg[0]) & 0777, std::memory_order_relaxed)};
}

Result<u64> sys_chmod(SyscallContext& c) { return change_mode(TRY(target_of(kHere, c.arg[0], 0, true)), c.arg[1]); }
Result<u64> sys_fchmod(SyscallContext& c) { return change_mode(TRY(descriptor(c.arg[0])), c.arg[1]); }
Result<u64> sys_fchmodat(SyscallContext& c) {
  return change_mode(TRY(target_of(c.arg[0], c.arg[1], 0, true)), c.arg[2]);
}
Result<u64> sys_fchmodat2(SyscallContext& c) {
  if (c.arg[3] & ~u64{fs::kAtSymlinkNoFollow | fs::kAtEmptyPath}) return Errno::inval;
  return change_mode(TRY(target_of(c.arg[0], c.arg[1], c.arg[3], !(c.arg[3] & fs::kAtSymlinkNoFollow))), c.arg[2]);
}

Result<u64> sys_chown(SyscallContext& c) {
  return change_owner(TRY(target_of(kHere, c.arg[0], 0, true)), c.arg[1], c.arg[2]);
}
Result<u64> sys_lchown(SyscallContext& c) {
  return change_owner(TRY(target_of(kHere, c.arg[0], 0, false)), c.arg[1], c.arg[2]);
}
Result<u64> sys_fchown(SyscallContext& c) { return change_owner(TRY(descriptor(c.arg[0])), c.arg[1], c.arg[2]); }
Result<u64> sys_fchownat(SyscallContext& c) {
  if (c.arg[4] & ~u64{fs::kAtSymlinkNoFollow | fs::kAtEmptyPath}) return Errno::inval;
  return change_owner(TRY(target_of(c.arg[0], c.arg[1], c.arg[4], !(c.arg[4] & fs::kAtSymlinkNoFollow))), c.arg[2],
                      c.arg[3]);
}

Result<u64> sys_utimensat(SyscallContext& c) {
  if (c.arg[3] & ~u64{fs::kAtSymlinkNoFollow | fs::kAtEmptyPath}) return Errno::inval;
  const fs::TimeUpdate times = TRY(load_times(c.arg[2], 1));
  if (c.arg[1] == 0) return set_times(TRY(descriptor(c.arg[0])), times);
  return set_times(TRY(target_of(c.arg[0], c.arg[1], c.arg[3], !(c.arg[3] & fs::kAtSymlinkNoFollow))), times);
}
Result<u64> sys_futimesat(SyscallContext& c) {
  const fs::TimeUpdate times = TRY(load_times(c.arg[2], 1000));
  if (c.arg[1] == 0) return set_times(TRY(descriptor(c.arg[0])), times);
  return set_times(TRY(target_of(c.arg[0], c.arg[1], 0, true)), times);
}
Result<u64> sys_utimes(SyscallContext& c) {
  return set_times(TRY(target_of(kHere, c.arg[0], 0, true)), TRY(load_times(c.arg[1], 1000)));
}
Result<u64> sys_utime(SyscallContext& c) {
  fs::TimeUpdate times{0, 0, fs::kTimeNow, fs::kTimeNow};
  if (c.arg[1]) {
    struct {
      i64 access, modify;
    } user;
    if (!arch::copy_from_user(&user, c.arg[1], sizeof user)) return Errno::fault;
    times = {user.access, user.modify, 0, 0};
  }
  return set_times(TRY(target_of(kHere, c.arg[0], 0, true)), times);
}

// A container has no CAP_SYS_ADMIN.
Result<u64> sys_swapon(SyscallContext&) { return Errno::perm; }
Result<u64> sys_swapoff(SyscallContext&) { return Errno::perm; }
Result<u64> sys_quotactl(SyscallContext&) { return Errno::perm; }
Result<u64> sys_name_to_handle_at(SyscallContext&) { return Errno::opnotsupp; }
Result<u64> sys_open_by_handle_at(SyscallContext&) { return Errno::perm; }

}  // namespace baryon::syscall
