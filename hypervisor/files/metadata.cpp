#include "hypervisor/files/metadata.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

namespace baryon::host {
namespace {

bool valid_flags(std::uint64_t flags) { return flags == 0 || flags == AT_SYMLINK_NOFOLLOW; }

// Calls `action(descriptor)` on the object; `descriptor` may be O_PATH and is to be used with AT_EMPTY_PATH.
template <class Action>
std::int64_t with_object(const Handle& base, const GuestPath& path, bool follow, Action action) {
  if (path.empty()) return action(base.descriptor);
  if (base.kind != HandleKind::directory) return -ENOTDIR;
  auto object = find_object(base.base(), path.c_str(), follow);
  if (!object) return -object.error();
  return action(object->get());
}

std::int64_t statx_at(int directory, const char* name, int flags, abi::FileStat& out) {
  struct statx status;
  if (::statx(directory, name, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return -errno;
  out = {};
  out.mode = status.stx_mode;
  out.nlink = status.stx_nlink;
  out.uid = status.stx_uid;
  out.gid = status.stx_gid;
  out.inode = status.stx_ino;
  out.device = makedev(status.stx_dev_major, status.stx_dev_minor);
  out.special_device = makedev(status.stx_rdev_major, status.stx_rdev_minor);
  out.size = status.stx_size;
  out.blocks = status.stx_blocks;
  out.block_size = status.stx_blksize;
  out.access_s = status.stx_atime.tv_sec;
  out.access_ns = status.stx_atime.tv_nsec;
  out.modify_s = status.stx_mtime.tv_sec;
  out.modify_ns = status.stx_mtime.tv_nsec;
  out.change_s = status.stx_ctime.tv_sec;
  out.change_ns = status.stx_ctime.tv_nsec;
  if ((status.stx_mask & STATX_BTIME) != 0) {
    out.birth_s = status.stx_btime.tv_sec;
    out.birth_ns = status.stx_btime.tv_nsec;
  }
  return 0;
}

// uid_t and gid_t of the guest: 32 bits, or -1 in any width for "leave it".
bool to_id(std::uint64_t value, std::uint32_t& out) {
  if (value > std::numeric_limits<std::uint32_t>::max() && value != ~std::uint64_t{0}) return false;
  out = static_cast<std::uint32_t>(value);
  return true;
}

}  // namespace

std::int64_t stat_file(const Handle& base, const GuestPath& path, std::uint64_t flags, abi::FileStat& out) {
  const bool no_symlinks = (flags & abi::kStatNoSymlinks) != 0;
  flags &= ~abi::kStatNoSymlinks;
  if (!valid_flags(flags)) return -EINVAL;
  const bool follow = flags == 0;
  // The frequent case in one system call: a plain name that is not followed cannot leave its directory.
  if (!follow && base.kind == HandleKind::directory && path.is_name())
    return statx_at(base.descriptor, path.c_str(), AT_SYMLINK_NOFOLLOW, out);
  if (no_symlinks && !path.empty()) {
    if (base.kind != HandleKind::directory) return -ENOTDIR;
    auto object = find_object(base.base(), path.c_str(), follow, RESOLVE_NO_SYMLINKS);
    return object ? statx_at(object->get(), "", AT_EMPTY_PATH, out) : -object.error();
  }
  return with_object(base, path, follow, [&](int object) { return statx_at(object, "", AT_EMPTY_PATH, out); });
}

std::int64_t stat_file(const Handle& handle, abi::FileStat& out) {
  return statx_at(handle.descriptor, "", AT_EMPTY_PATH, out);
}

std::int64_t chmod_file(const Handle& base, const GuestPath& path, std::uint64_t mode) {
  if (mode > 07777) return -EINVAL;
  return with_object(base, path, true,
                     [&](int object) -> std::int64_t { return change_mode(object, static_cast<mode_t>(mode)); });
}

std::int64_t chown_file(const Handle& base, const GuestPath& path, std::uint64_t uid, std::uint64_t gid,
                        std::uint64_t flags) {
  std::uint32_t user;
  std::uint32_t group;
  if (!valid_flags(flags) || !to_id(uid, user) || !to_id(gid, group)) return -EINVAL;
  return with_object(base, path, flags == 0, [&](int object) -> std::int64_t {
    return ::fchownat(object, "", user, group, AT_EMPTY_PATH) == 0 ? 0 : -errno;
  });
}

std::int64_t utimens_file(const Handle& base, const GuestPath& path, const std::uint64_t (&times)[4],
                          std::uint64_t flags) {
  if (!valid_flags(flags)) return -EINVAL;
  struct timespec both[2];
  for (int i = 0; i < 2; ++i) {
    const std::uint64_t nanoseconds = times[2 * i + 1];
    if (nanoseconds >= 1'000'000'000 && nanoseconds != UTIME_NOW && nanoseconds != UTIME_OMIT) return -EINVAL;
    both[i].tv_sec = static_cast<std::int64_t>(times[2 * i]);
    both[i].tv_nsec = static_cast<std::int64_t>(nanoseconds);
  }
  return with_object(base, path, flags == 0, [&](int object) -> std::int64_t {
    // utimensat(2): an empty path with AT_EMPTY_PATH works on O_PATH descriptors since Linux 5.8.
    return ::utimensat(object, "", both, AT_EMPTY_PATH) == 0 ? 0 : -errno;
  });
}

std::int64_t stat_file_system(const Handle& handle, abi::FileSystemStat& out) {
  struct statfs status;
  if (::fstatfs(handle.descriptor, &status) != 0) return -errno;
  out.type = static_cast<std::uint64_t>(status.f_type);
  out.block_size = static_cast<std::uint64_t>(status.f_bsize);
  out.blocks = status.f_blocks;
  out.blocks_free = status.f_bfree;
  out.blocks_available = status.f_bavail;
  out.files = status.f_files;
  out.files_free = status.f_ffree;
  out.name_max = static_cast<std::uint64_t>(status.f_namelen);
  return 0;
}

}  // namespace baryon::host
