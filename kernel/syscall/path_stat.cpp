// Looking at objects: stat(2), statx(2), access(2), readlink(2), statfs(2).
#include <algorithm>

#include "kernel/arch/api/file_abi.hpp"
#include "kernel/fs/permission.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

constexpr u64 kHere = static_cast<u32>(fs::kCurrentDirectory);

Result<u64> stat_path(u64 dirfd, VirtAddr path, VirtAddr out, u64 flags) {
  if (flags & ~u64{fs::kAtSymlinkNoFollow | fs::kAtNoAutomount | fs::kAtEmptyPath}) return Errno::inval;
  Target target = TRY(target_of(dirfd, path, flags, !(flags & fs::kAtSymlinkNoFollow)));
  abi::FileStat status;
  TRY(stat_target(target, status));
  TRY(copy_out(out, arch::to_user_stat(status)));
  return u64{0};
}

Result<u64> access_path(u64 dirfd, VirtAddr path, u64 mode, u64 flags) {
  if (mode & ~u64{7}) return Errno::inval;
  if (flags & ~u64{fs::kAtEaccess | fs::kAtSymlinkNoFollow | fs::kAtEmptyPath}) return Errno::inval;
  Target target = TRY(target_of(dirfd, path, flags, !(flags & fs::kAtSymlinkNoFollow)));
  if (mode == 0) return u64{0};
  abi::FileStat status;
  TRY(stat_target(target, status));
  const u32 type = status.mode & fs::kTypeMask, wanted = static_cast<u32>(mode);
  if (mode & fs::kMayWrite && target.dentry &&
      (type == fs::kRegular || type == fs::kDirectoryType || type == fs::kSymlink))
    TRY(fs::want_write(*target.dentry));
  if (flags & fs::kAtEaccess) TRY(fs::check_status(status, wanted));
  else TRY(fs::check_real_access(status, wanted));
  return u64{0};
}

Result<u64> read_link(u64 dirfd, VirtAddr path, VirtAddr out, u64 size) {
  if (static_cast<i32>(size) <= 0) return Errno::inval;
  Target target = TRY(target_of(dirfd, path, fs::kAtEmptyPath, false));
  if (!target.dentry || target.dentry->inode().type() != fs::kSymlink) return target.file ? Errno::noent : Errno::inval;
  String text;
  TRY(target.dentry->inode().read_link(*target.dentry, text));
  const u64 length = std::min<u64>(text.size(), static_cast<u32>(size));
  if (!arch::copy_to_user(out, text.data(), length)) return Errno::fault;
  return length;
}

// struct statfs (asm-generic/statfs.h).
struct UserStatFs {
  u64 type, block_size, blocks, blocks_free, blocks_available, files, files_free;
  i32 id[2];
  u64 name_max, fragment_size, flags, spare[4];
};
static_assert(sizeof(UserStatFs) == 120);

Result<u64> store_statfs(const abi::FileSystemStat& s, const fs::Dentry* place, VirtAddr out) {
  // ST_RDONLY … ST_NODIRATIME are not all the numbers of mount(2).
  constexpr u64 kValid = 0x20, kNoAtime = 1024, kNoDirectoryAtime = 2048, kRelativeAtime = 4096;
  const u32 mount = place ? fs::mount_flags(*place) : 0;
  const u64 flags = (mount & (fs::kMountReadOnly | fs::kMountNoSetId | fs::kMountNoDevices | fs::kMountNoExecute)) |
                    (place && place->fs().read_only ? u64{fs::kMountReadOnly} : 0) |
                    (mount & fs::kMountNoAtime ? kNoAtime : 0) |
                    (mount & fs::kMountNoDirectoryAtime ? kNoDirectoryAtime : 0) |
                    (mount & fs::kMountRelativeAtime ? kRelativeAtime : 0) | kValid;
  UserStatFs user = {
      s.type,       s.block_size, s.blocks, s.blocks_free, s.blocks_available, s.files, s.files_free, {}, s.name_max,
      s.block_size, flags,        {}};
  TRY(copy_out(out, user));
  return u64{0};
}

struct StatxTime {
  i64 seconds;
  u32 nanoseconds, reserved;
};
// struct statx (linux/stat.h).
struct UserStatx {
  u32 mask, block_size;
  u64 attributes;
  u32 links, uid, gid;
  u16 mode, spare0;
  u64 inode, size, blocks, attributes_mask;
  StatxTime access, birth, change, modify;
  u32 special_major, special_minor, device_major, device_minor;
  u64 mount_id;
  u64 spare[13];
};
static_assert(sizeof(UserStatx) == 256);

}  // namespace

Result<u64> sys_stat(SyscallContext& c) { return stat_path(kHere, c.arg[0], c.arg[1], 0); }
Result<u64> sys_lstat(SyscallContext& c) { return stat_path(kHere, c.arg[0], c.arg[1], fs::kAtSymlinkNoFollow); }
Result<u64> sys_newfstatat(SyscallContext& c) {
  return stat_path(c.arg[0], c.arg[1], c.arg[2], static_cast<u32>(c.arg[3]));
}
Result<u64> sys_fstat(SyscallContext& c) {
  abi::FileStat status;
  TRY(TRY(file_at(c.arg[0]))->attributes(status));
  TRY(copy_out(c.arg[1], arch::to_user_stat(status)));
  return u64{0};
}

Result<u64> sys_statx(SyscallContext& c) {
  constexpr u64 kSyncType = 0x6000, kBasicStats = 0x7ff, kBirth = 0x800, kReservedMask = 0x80000000;
  const u64 flags = static_cast<u32>(c.arg[2]);
  if (flags & ~(kSyncType | fs::kAtSymlinkNoFollow | fs::kAtNoAutomount | fs::kAtEmptyPath)) return Errno::inval;
  if ((flags & kSyncType) == kSyncType || c.arg[3] & kReservedMask) return Errno::inval;
  Target target = TRY(target_of(c.arg[0], c.arg[1], flags, !(flags & fs::kAtSymlinkNoFollow)));
  abi::FileStat s;
  TRY(stat_target(target, s));
  UserStatx out = {};
  out.mask = kBasicStats | (s.birth_s ? kBirth : 0);
  out.block_size = s.block_size;
  out.links = s.nlink;
  out.uid = s.uid;
  out.gid = s.gid;
  out.mode = static_cast<u16>(s.mode);
  out.inode = s.inode;
  out.size = s.size;
  out.blocks = s.blocks;
  out.access = {s.access_s, s.access_ns, 0};
  out.birth = {s.birth_s, s.birth_ns, 0};
  out.change = {s.change_s, s.change_ns, 0};
  out.modify = {s.modify_s, s.modify_ns, 0};
  out.special_major = fs::device_major(s.special_device);
  out.special_minor = fs::device_minor(s.special_device);
  out.device_major = fs::device_major(s.device);
  out.device_minor = fs::device_minor(s.device);
  TRY(copy_out(c.arg[4], out));
  return u64{0};
}

Result<u64> sys_access(SyscallContext& c) { return access_path(kHere, c.arg[0], static_cast<u32>(c.arg[1]), 0); }
Result<u64> sys_faccessat(SyscallContext& c) { return access_path(c.arg[0], c.arg[1], static_cast<u32>(c.arg[2]), 0); }
Result<u64> sys_faccessat2(SyscallContext& c) {
  return access_path(c.arg[0], c.arg[1], static_cast<u32>(c.arg[2]), static_cast<u32>(c.arg[3]));
}

Result<u64> sys_readlink(SyscallContext& c) { return read_link(kHere, c.arg[0], c.arg[1], c.arg[2]); }
Result<u64> sys_readlinkat(SyscallContext& c) { return read_link(c.arg[0], c.arg[1], c.arg[2], c.arg[3]); }

Result<u64> sys_statfs(SyscallContext& c) {
  Target target = TRY(target_of(kHere, c.arg[0], 0, true));
  abi::FileSystemStat status;
  TRY(target.dentry->fs().statfs(*target.dentry, status));
  return store_statfs(status, target.dentry.get(), c.arg[1]);
}
Result<u64> sys_fstatfs(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  abi::FileSystemStat status;
  // By its place, as statfs does: the file itself may belong to a layer below.
  if (file->dentry()) TRY(file->dentry()->fs().statfs(*file->dentry(), status));
  else TRY(file->statfs(status));
  return store_statfs(status, file->dentry(), c.arg[1]);
}

}  // namespace baryon::syscall
