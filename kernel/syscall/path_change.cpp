// Changing the tree: mkdir(2), unlink(2), rename(2), link(2), symlink(2), mknod(2), truncate(2).
#include "kernel/sched/current.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

constexpr u64 kHere = static_cast<u32>(fs::kCurrentDirectory);

Result<u64> make_directory(u64 dirfd, VirtAddr address, u64 mode) {
  UserPath path = TRY(UserPath::copy(address));
  TRY(fs::mkdir(TRY(place_of(dirfd, path.view())), path.view(), static_cast<u32>(mode) & ~fs::current_umask()));
  return u64{0};
}

Result<u64> make_node(u64 dirfd, VirtAddr address, u64 mode, u64 device) {
  UserPath path = TRY(UserPath::copy(address));
  const u32 type = static_cast<u32>(mode) & fs::kTypeMask;
  if (type == fs::kDirectoryType) return Errno::perm;
  if (type == fs::kSymlink) return Errno::inval;
  if ((type == fs::kCharDevice || type == fs::kBlockDevice) &&
      !sched::current_process().credentials.can(sched::Capability::mknod))
    return Errno::perm;
  TRY(fs::mknod(TRY(place_of(dirfd, path.view())), path.view(), static_cast<u32>(mode) & ~fs::current_umask(), device));
  return u64{0};
}

Result<u64> remove(u64 dirfd, VirtAddr address, bool directory) {
  UserPath path = TRY(UserPath::copy(address));
  TRY(fs::unlink(TRY(place_of(dirfd, path.view())), path.view(), directory));
  return u64{0};
}

Result<u64> make_symlink(VirtAddr target, u64 dirfd, VirtAddr address) {
  UserPath text = TRY(UserPath::copy(target));
  UserPath path = TRY(UserPath::copy(address));
  TRY(fs::symlink(TRY(place_of(dirfd, path.view())), path.view(), text.view()));
  return u64{0};
}

Result<u64> make_link(u64 old_fd, VirtAddr old_path, u64 new_fd, VirtAddr new_path, u64 flags) {
  if (flags & ~u64{fs::kAtSymlinkFollow | fs::kAtEmptyPath}) return Errno::inval;
  Target existing = TRY(target_of(old_fd, old_path, flags & fs::kAtEmptyPath, flags & fs::kAtSymlinkFollow));
  if (!existing.dentry) return Errno::xdev;
  UserPath path = TRY(UserPath::copy(new_path));
  TRY(fs::link(existing.dentry, TRY(place_of(new_fd, path.view())), path.view()));
  return u64{0};
}

Result<u64> move(u64 old_fd, VirtAddr old_path, u64 new_fd, VirtAddr new_path, u64 flags) {
  UserPath from = TRY(UserPath::copy(old_path));
  UserPath to = TRY(UserPath::copy(new_path));
  TRY(fs::rename(TRY(place_of(old_fd, from.view())), from.view(), TRY(place_of(new_fd, to.view())), to.view(),
                 static_cast<u32>(flags)));
  return u64{0};
}

}  // namespace

Result<u64> sys_mkdir(SyscallContext& c) { return make_directory(kHere, c.arg[0], c.arg[1]); }
Result<u64> sys_mkdirat(SyscallContext& c) { return make_directory(c.arg[0], c.arg[1], c.arg[2]); }
Result<u64> sys_mknod(SyscallContext& c) { return make_node(kHere, c.arg[0], c.arg[1], c.arg[2]); }
Result<u64> sys_mknodat(SyscallContext& c) { return make_node(c.arg[0], c.arg[1], c.arg[2], c.arg[3]); }
Result<u64> sys_rmdir(SyscallContext& c) { return remove(kHere, c.arg[0], true); }
Result<u64> sys_unlink(SyscallContext& c) { return remove(kHere, c.arg[0], false); }
Result<u64> sys_unlinkat(SyscallContext& c) {
  if (c.arg[2] & ~u64{fs::kAtRemoveDirectory}) return Errno::inval;
  return remove(c.arg[0], c.arg[1], c.arg[2] & fs::kAtRemoveDirectory);
}
Result<u64> sys_symlink(SyscallContext& c) { return make_symlink(c.arg[0], kHere, c.arg[1]); }
Result<u64> sys_symlinkat(SyscallContext& c) { return make_symlink(c.arg[0], c.arg[1], c.arg[2]); }
Result<u64> sys_link(SyscallContext& c) { return make_link(kHere, c.arg[0], kHere, c.arg[1], 0); }
Result<u64> sys_linkat(SyscallContext& c) { return make_link(c.arg[0], c.arg[1], c.arg[2], c.arg[3], c.arg[4]); }
Result<u64> sys_rename(SyscallContext& c) { return move(kHere, c.arg[0], kHere, c.arg[1], 0); }
Result<u64> sys_renameat(SyscallContext& c) { return move(c.arg[0], c.arg[1], c.arg[2], c.arg[3], 0); }
Result<u64> sys_renameat2(SyscallContext& c) { return move(c.arg[0], c.arg[1], c.arg[2], c.arg[3], c.arg[4]); }

Result<u64> sys_truncate(SyscallContext& c) {
  if (static_cast<i64>(c.arg[1]) < 0) return Errno::inval;
  Target target = TRY(target_of(kHere, c.arg[0], 0, true));
  TRY(fs::truncate(*target.dentry, c.arg[1]));
  return u64{0};
}

}  // namespace baryon::syscall
