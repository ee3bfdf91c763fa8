// fcntl(2), flock(2), and what changes or forces out an open file.
#include <algorithm>

#include "kernel/arch/api/file_abi.hpp"
#include "kernel/fs/inotify.hpp"
#include "kernel/fs/locks.hpp"
#include "kernel/fs/pipe.hpp"
#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

enum Command : u32 {
  kDupFd = 0,
  kGetFd = 1,
  kSetFd = 2,
  kGetFlags = 3,
  kSetFlags = 4,
  kGetLock = 5,
  kSetLock = 6,
  kSetLockWait = 7,
  kSetOwner = 8,
  kGetOwner = 9,
  kSetSignal = 10,
  kGetSignal = 11,
  kOfdGetLock = 36,
  kOfdSetLock = 37,
  kOfdSetLockWait = 38,
  kSetLease = 1024,
  kGetLease = 1025,
  kNotify = 1026,
  kDupFdCloexec = 1030,
  kSetPipeSize = 1031,
  kGetPipeSize = 1032,
  kAddSeals = 1033,
  kGetSeals = 1034,
};

// struct flock.
struct UserLock {
  short type, whence;
  i32 pad;
  i64 start, length;
  i32 pid;
  i32 pad2;
};
static_assert(sizeof(UserLock) == 32);
constexpr short kReadLock = 0, kWriteLock = 1, kUnlock = 2;

Result<fs::LockRange> range_of(fs::File& file, const UserLock& lock) {
  i64 base = 0;
  if (lock.whence == fs::kSeekCurrent) base = static_cast<i64>(file.position());
  else if (lock.whence == fs::kSeekEnd) {
    abi::FileStat status;
    TRY(file.stat(status));
    base = static_cast<i64>(status.size);
  } else if (lock.whence != fs::kSeekSet) {
    return Errno::inval;
  }
  i64 start;
  if (__builtin_add_overflow(base, lock.start, &start)) return Errno::overflow;
  i64 end = -1;  // to the end of everything
  if (lock.length > 0) {
    if (__builtin_add_overflow(start, lock.length - 1, &end)) return Errno::overflow;
  } else if (lock.length < 0) {
    end = start - 1;
    start += lock.length;
  }
  if (start < 0) return Errno::inval;
  return fs::LockRange{static_cast<u64>(start), end < 0 ? ~u64{0} : static_cast<u64>(end), lock.type == kWriteLock};
}

Result<u64> record_lock(fs::File& file, u32 command, VirtAddr address) {
  const bool ofd = command >= kOfdGetLock;
  if (ofd) command -= kOfdGetLock - kGetLock;
  UserLock lock = TRY(copy_in<UserLock>(address));
  if (ofd && lock.pid != 0) return Errno::inval;
  if (lock.type != kReadLock && lock.type != kWriteLock && !(lock.type == kUnlock && command != kGetLock))
    return Errno::inval;
  fs::LockRange range = TRY(range_of(file, lock));
  const void* owner = ofd ? static_cast<const void*>(&file) : &fs::current_files();
  if (command == kGetLock) {
    u32 pid = 0;
    if (!fs::find_conflict(file, owner, range, pid)) {
      lock.type = kUnlock;
    } else {
      lock.type = range.exclusive ? kWriteLock : kReadLock;
      lock.whence = fs::kSeekSet;
      lock.start = static_cast<i64>(range.start);
      lock.length = range.end == ~u64{0} ? 0 : static_cast<i64>(range.end - range.start + 1);
      lock.pid = static_cast<i32>(pid);
    }
    TRY(copy_out(address, lock));
    return u64{0};
  }
  if (lock.type == kUnlock) {
    fs::unlock_range(file, owner, range);
    return u64{0};
  }
  if (lock.type == kReadLock ? !file.readable() : !file.writable()) return Errno::badf;
  TRY(fs::lock_range(file, owner, ofd ? ~u32{0} : sched::current_process().pid(), range, command == kSetLockWait));
  return u64{0};
}

}  // namespace

Result<u64> sys_fcntl(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  fs::FdTable& files = fs::current_files();
  const u32 command = static_cast<u32>(c.arg[1]);
  const u64 argument = c.arg[2];
  if (file->flags() & fs::kPath && command != kDupFd && command != kDupFdCloexec && command != kGetFd &&
      command != kSetFd && command != kGetFlags)
    return Errno::badf;
  switch (command) {
    case kDupFd:
    case kDupFdCloexec: {
      if (argument > 0x7fffffff || argument >= fs::descriptor_limit()) return Errno::inval;
      return u64{TRY(files.install(std::move(file), command == kDupFdCloexec, fs::descriptor_limit(),
                                   static_cast<u32>(argument)))};
    }
    case kGetFd: return u64{TRY(files.close_on_exec(static_cast<u32>(c.arg[0])))};
    case kSetFd: TRY(files.set_close_on_exec(static_cast<u32>(c.arg[0]), argument & 1)); return u64{0};
    case kGetFlags:
      return u64{arch::to_user_open_flags(file->flags() | (file->kind() == fs::FileKind::other ? fs::kLargeFile : 0))};
    case kSetFlags: file->set_status_flags(arch::from_user_open_flags(static_cast<u32>(argument))); return u64{0};
    case kGetLock:
    case kSetLock:
    case kSetLockWait:
    case kOfdGetLock:
    case kOfdSetLock:
    case kOfdSetLockWait: return record_lock(*file, command, argument);
    // Nothing sends SIGIO; the owner is accepted and not kept.
    case kSetOwner: return u64{0};
    case kGetOwner: return u64{0};
    case kSetSignal: return argument > 64 ? Result<u64>(Errno::inval) : Result<u64>(u64{0});
    case kGetSignal: return u64{0};
    case kSetPipeSize: {
      fs::PipeFile* pipe = fs::as_pipe(*file);
      if (!pipe) return Errno::badf;
      if (argument > fs::PipeBuffer::kMaxSize) return Errno::perm;
      return u64{TRY(pipe->buffer().resize(static_cast<u32>(argument)))};
    }
    case kGetPipeSize: {
      fs::PipeFile* pipe = fs::as_pipe(*file);
      if (!pipe) return Errno::badf;
      return u64{pipe->buffer().size()};
    }
    case kAddSeals: {
      fs::TmpFile* memory = fs::as_tmp_file(*file);
      if (!memory) return Errno::inval;
      if (!file->writable()) return Errno::perm;
      TRY(memory->inode().add_seals(static_cast<u32>(argument)));
      return u64{0};
    }
    case kGetSeals: {
      fs::TmpFile* memory = fs::as_tmp_file(*file);
      if (!memory) return Errno::inval;
      return u64{memory->inode().seals()};
    }
    case kGetLease: return u64{2};  // F_UNLCK
    case kSetLease:
    case kNotify:
    default: return Errno::inval;
  }
}

Result<u64> sys_flock(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (file->flags() & fs::kPath) return Errno::badf;
  TRY(fs::lock_whole(*file, static_cast<u32>(c.arg[1])));
  return u64{0};
}

Result<u64> sys_fsync(SyscallContext& c) {
  TRY(TRY(file_at(c.arg[0]))->sync(false));
  return u64{0};
}
Result<u64> sys_fdatasync(SyscallContext& c) {
  TRY(TRY(file_at(c.arg[0]))->sync(true));
  return u64{0};
}
// Nothing is written late in the guest; what the host holds is the host's to write.
Result<u64> sys_sync(SyscallContext&) { return u64{0}; }
Result<u64> sys_syncfs(SyscallContext& c) {
  TRY(file_at(c.arg[0]));
  return u64{0};
}
Result<u64> sys_sync_file_range(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (c.arg[3] & ~u64{7} || static_cast<i64>(c.arg[1]) < 0 || static_cast<i64>(c.arg[2]) < 0) return Errno::inval;
  if (!file->seekable()) return Errno::spipe;
  TRY(file->sync(true));
  return u64{0};
}

namespace {

// RLIMIT_FSIZE for calls that set a size.
Result<void> check_growth(fs::File& file, u64 size) {
  if (size <= fs::file_size_limit()) return {};
  abi::FileStat status;
  TRY(file.stat(status));
  return size > status.size ? fs::refuse_growth() : Result<void>{};
}

}  // namespace

Result<u64> sys_ftruncate(SyscallContext& c) {
  if (static_cast<i64>(c.arg[1]) < 0) return Errno::inval;
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (file->flags() & fs::kPath) return Errno::badf;
  if (!file->writable() || !file->seekable()) return Errno::inval;
  TRY(check_growth(*file, c.arg[1]));
  TRY(file->truncate(c.arg[1]));
  fs::notify_object(file->dentry(), fs::kInModify);
  return u64{0};
}

Result<u64> sys_fallocate(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (static_cast<i64>(c.arg[2]) < 0 || static_cast<i64>(c.arg[3]) <= 0) return Errno::inval;
  if (!file->writable()) return Errno::badf;
  if (c.arg[2] > fs::kMaxFileSize - c.arg[3]) return Errno::fbig;
  constexpr u64 kKeepSize = 1;
  if (!(c.arg[1] & kKeepSize)) TRY(check_growth(*file, c.arg[2] + c.arg[3]));
  TRY(file->allocate(static_cast<u32>(c.arg[1]), c.arg[2], c.arg[3]));
  return u64{0};
}

Result<u64> sys_fadvise64(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (!file->seekable()) return Errno::spipe;
  if (c.arg[3] > 5) return Errno::inval;
  return u64{0};
}

Result<u64> sys_readahead(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (!file->readable()) return Errno::badf;
  return file->seekable() ? Result<u64>(u64{0}) : Errno::inval;
}

}  // namespace baryon::syscall
