// Descriptors: open(2), openat2(2), close(2), dup(2), close_range(2).
#include <algorithm>

#include "kernel/arch/api/file_abi.hpp"
#include "kernel/fs/locks.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

u32 from_user(u64 flags) { return arch::from_user_open_flags(static_cast<u32>(flags)); }

Result<u64> open_at(u64 dirfd, VirtAddr address, u32 flags, u32 mode, u32 walk_flags) {
  UserPath path = TRY(UserPath::copy(address));
  fs::Place place = TRY(place_of(dirfd, path.view()));
  if (walk_flags & (fs::kWalkBeneath | fs::kWalkInRoot) && !path.view().empty() && path.view().front() == '/')
    place = TRY(place_of(dirfd, "."));
  Ref<fs::File> file = TRY(fs::open(place, path.view(), flags, mode & ~fs::current_umask(), walk_flags));
  return u64{TRY(fs::current_files().install(std::move(file), flags & fs::kCloseOnExec, fs::descriptor_limit()))};
}

Result<u64> close_file(Ref<fs::File> file) {
  fs::locks_close(*file, &fs::current_files());
  TRY(file->flush());
  return u64{0};
}

Result<u64> duplicate_to(u64 from, u64 to, u64 flags) {
  Ref<fs::File> file = TRY(file_at(from));
  if (to > 0x7fffffff) return Errno::badf;
  Ref<fs::File> old = TRY(fs::current_files().replace(static_cast<u32>(to), std::move(file), flags & fs::kCloseOnExec,
                                                      fs::descriptor_limit()));
  if (old) (void)close_file(std::move(old));
  return to;
}

}  // namespace

Result<u64> sys_open(SyscallContext& c) {
  return open_at(static_cast<u32>(fs::kCurrentDirectory), c.arg[0], from_user(c.arg[1]), static_cast<u32>(c.arg[2]), 0);
}
Result<u64> sys_openat(SyscallContext& c) {
  return open_at(c.arg[0], c.arg[1], from_user(c.arg[2]), static_cast<u32>(c.arg[3]), 0);
}
Result<u64> sys_creat(SyscallContext& c) {
  return open_at(static_cast<u32>(fs::kCurrentDirectory), c.arg[0], fs::kCreate | fs::kWriteOnly | fs::kTruncate,
                 static_cast<u32>(c.arg[1]), 0);
}

// struct open_how, version 0: 24 bytes; what a newer program adds must be zero.
Result<u64> sys_openat2(SyscallContext& c) {
  struct OpenHow {
    u64 flags, mode, resolve;
  };
  const u64 size = c.arg[3];
  if (size < sizeof(OpenHow)) return Errno::inval;
  if (size > kPageSize) return Errno::toobig;
  auto how = TRY(copy_in<OpenHow>(c.arg[2]));
  how.flags = (how.flags & ~u64{0xffffffff}) | from_user(how.flags);
  for (u64 at = sizeof how; at < size; ++at)
    if (TRY(copy_in<u8>(c.arg[2] + at)) != 0) return Errno::toobig;
  constexpr u64 kFlags = 0x7fffc3 | fs::kLargeFile;
  constexpr u64 kNoXdev = 1, kNoMagic = 2, kNoLinks = 4, kBeneath = 8, kInRoot = 16, kCached = 32;
  if (how.flags & ~kFlags || how.mode & ~u64{fs::kPermissionMask}) return Errno::inval;
  if (how.mode != 0 && !(how.flags & (fs::kCreate | (fs::kTmpFile & ~fs::kDirectory)))) return Errno::inval;
  if (how.resolve & ~u64{63} || (how.resolve & kBeneath && how.resolve & kInRoot)) return Errno::inval;
  if (how.resolve & kCached) return Errno::again;
  const u32 walk = (how.resolve & kNoXdev ? fs::kWalkNoCrossing : 0) |
                   (how.resolve & kNoMagic ? fs::kWalkNoMagicLinks : 0) |
                   (how.resolve & kNoLinks ? fs::kWalkNoSymlinks | fs::kWalkNoMagicLinks : 0) |
                   (how.resolve & kBeneath ? fs::kWalkBeneath : 0) | (how.resolve & kInRoot ? fs::kWalkInRoot : 0);
  return open_at(c.arg[0], c.arg[1], static_cast<u32>(how.flags), static_cast<u32>(how.mode), walk);
}

Result<u64> sys_close(SyscallContext& c) {
  return close_file(TRY(fs::current_files().remove(static_cast<u32>(c.arg[0]))));
}

Result<u64> sys_close_range(SyscallContext& c) {
  constexpr u64 kUnshare = 2, kCloseOnExec = 4;
  const u64 first = static_cast<u32>(c.arg[0]), last = static_cast<u32>(c.arg[1]);
  if (first > last || c.arg[2] & ~(kUnshare | kCloseOnExec)) return Errno::inval;
  fs::FdTable& files = fs::current_files();
  for (u64 fd = files.next_open(static_cast<u32>(first)); fd <= last && fd != ~u32{0};
       fd = files.next_open(static_cast<u32>(fd) + 1)) {
    if (c.arg[2] & kCloseOnExec) (void)files.set_close_on_exec(fd, true);
    else if (auto file = files.remove(fd); file.ok()) (void)close_file(file.take());
  }
  return u64{0};
}

Result<u64> sys_dup(SyscallContext& c) {
  return u64{TRY(fs::current_files().install(TRY(file_at(c.arg[0])), false, fs::descriptor_limit()))};
}
Result<u64> sys_dup2(SyscallContext& c) {
  if (static_cast<u32>(c.arg[0]) == static_cast<u32>(c.arg[1])) {
    TRY(file_at(c.arg[0]));
    return c.arg[0];
  }
  return duplicate_to(c.arg[0], static_cast<u32>(c.arg[1]), 0);
}
Result<u64> sys_dup3(SyscallContext& c) {
  if (c.arg[2] & ~u64{fs::kCloseOnExec} || static_cast<u32>(c.arg[0]) == static_cast<u32>(c.arg[1]))
    return Errno::inval;
  return duplicate_to(c.arg[0], static_cast<u32>(c.arg[1]), c.arg[2]);
}

}  // namespace baryon::syscall
