// mount(2), umount2(2), pivot_root(2).
#include <bit>

#include "kernel/fs/mount_table.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

// mount(2)
enum MountCall : u64 {
  kRemount = 32,
  kBind = 4096,
  kMove = 8192,
  kRecursive = 16384,
  kSilent = 32768,
  kUnbindable = 1 << 17,
  kPrivate = 1 << 18,
  kSlave = 1 << 19,
  kShared = 1 << 20,
};
constexpr u64 kMagicMask = 0xffff'0000, kMagic = 0xc0ed'0000;
constexpr u64 kTypes = kUnbindable | kPrivate | kSlave | kShared;

Result<void> check_privilege() {
  return sched::current_process().credentials.can(sched::Capability::sys_admin) ? Result<void>() : Errno::perm;
}

Result<Ref<fs::Dentry>> place_at(const UserPath& path, u32 walk_flags) {
  return fs::walk(TRY(place_of(static_cast<u32>(fs::kCurrentDirectory), path.view())), path.view(), walk_flags);
}

// A string argument that may be missing.
Result<String> optional_text(VirtAddr from) {
  if (from == 0) return String();
  return String::copy(TRY(UserPath::copy(from)).view());
}

Result<void> change_propagation(fs::Dentry& place, u64 flags) {
  const u64 type = flags & kTypes;
  if (flags & ~(kTypes | kRecursive | kSilent) || !std::has_single_bit(type)) return Errno::inval;
  return fs::set_propagation(place,
                             type == kShared    ? fs::Propagation::shared
                             : type == kPrivate ? fs::Propagation::private_
                             : type == kSlave   ? fs::Propagation::slave
                                                : fs::Propagation::unbindable,
                             flags & kRecursive);
}

}  // namespace

Result<u64> sys_mount(SyscallContext& c) {
  u64 flags = c.arg[3];
  if ((flags & kMagicMask) == kMagic) flags &= ~kMagicMask;
  const String type = TRY(optional_text(c.arg[2])), source = TRY(optional_text(c.arg[0]));
  const String options = TRY(optional_text(c.arg[4]));
  UserPath path = TRY(UserPath::copy(c.arg[1]));
  Ref<fs::Dentry> place = TRY(place_at(path, fs::kWalkFollow));
  TRY(check_privilege());
  const u32 kept = static_cast<u32>(flags);
  if (flags & kRemount) {
    TRY(fs::remount(*place, kept));
  } else if (flags & kBind) {
    if (source.empty()) return Errno::inval;
    Ref<fs::Dentry> from = TRY(fs::walk(fs::current_context().place(), source.view(), fs::kWalkFollow));
    TRY(fs::bind_mount(std::move(from), std::move(place), flags & kRecursive));
  } else if (flags & kTypes) {
    TRY(change_propagation(*place, flags));
  } else if (flags & kMove) {
    if (source.empty()) return Errno::inval;
    Ref<fs::Dentry> from = TRY(fs::walk(fs::current_context().place(), source.view(), fs::kWalkFollow));
    TRY(fs::move_mount(std::move(from), std::move(place)));
  } else {
    if (c.arg[2] == 0) return Errno::inval;
    Ref<fs::Inode> made = TRY(fs::make_file_system(type.view(), options.view(), false));
    const u32 atime = flags & (fs::kMountNoAtime | fs::kMountStrictAtime) ? 0 : u32{fs::kMountRelativeAtime};
    TRY(fs::mount_on(std::move(place), std::move(made), kept | atime, source.empty() ? "none" : source.view()));
  }
  return u64{0};
}

Result<u64> sys_umount2(SyscallContext& c) {
  const u64 flags = c.arg[1];
  constexpr u64 kKnown = fs::kUnmountForce | fs::kUnmountDetach | fs::kUnmountExpire | fs::kUnmountNoFollow;
  if (flags & ~kKnown) return Errno::inval;
  UserPath path = TRY(UserPath::copy(c.arg[0]));
  Ref<fs::Dentry> place = TRY(place_at(path, flags & fs::kUnmountNoFollow ? 0 : u32{fs::kWalkFollow}));
  TRY(check_privilege());
  if (flags & fs::kUnmountExpire && flags & (fs::kUnmountForce | fs::kUnmountDetach)) return Errno::inval;
  TRY(fs::unmount(std::move(place), static_cast<u32>(flags)));
  return u64{0};
}

Result<u64> sys_pivot_root(SyscallContext& c) {
  TRY(check_privilege());
  UserPath new_path = TRY(UserPath::copy(c.arg[0])), old_path = TRY(UserPath::copy(c.arg[1]));
  Ref<fs::Dentry> new_root = TRY(place_at(new_path, fs::kWalkFollow | fs::kWalkDirectory));
  Ref<fs::Dentry> put_old = TRY(place_at(old_path, fs::kWalkFollow | fs::kWalkDirectory));
  TRY(fs::pivot_root(std::move(new_root), std::move(put_old)));
  return u64{0};
}

}  // namespace baryon::syscall
