#include "kernel/fs/file.hpp"

#include <algorithm>

#include "kernel/fs/epoll.hpp"
#include "kernel/fs/inotify.hpp"
#include "kernel/fs/locks.hpp"
#include "kernel/fs/status.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"

namespace baryon::fs {

namespace {
constinit std::atomic<u64> inode_numbers{1};
}

u64 next_inode_number() { return inode_numbers.fetch_add(1, std::memory_order_relaxed); }

File::~File() = default;

void File::last_unref() {
  if (epoll_items.load(std::memory_order_acquire)) epoll_forget(*this);
  if (lock_count.load(std::memory_order_acquire)) locks_forget(*this);
  if (!(flags() & kPath)) notify_object(dentry(), writable() ? kInCloseWrite : kInCloseNoWrite);
  delete this;
}

Result<u64> File::read(IoBuffer& buffer) {
  if (!readable()) return Errno::badf;
  buffer.limit(kMaxTransfer);
  if (!seekable()) return read_at(buffer, 0);
  MutexGuard guard(position_lock_);
  u64 count = TRY(read_at(buffer, position_));
  position_ += count;
  notify_object(dentry(), kInAccess);
  return count;
}

namespace {

// RLIMIT_FSIZE (setrlimit(2)): what would grow a regular file beyond the limit is cut off; nothing left: SIGXFSZ,
// EFBIG.
Result<void> cut_growth(File& file, IoBuffer& buffer, u64 offset) {
  const u64 limit = file_size_limit();
  if (limit == sched::kUnlimited || buffer.remaining() == 0) return {};
  abi::FileStat status;
  TRY(file.stat(status));
  if ((status.mode & kTypeMask) != kRegular) return {};
  const u64 from = file.append() ? status.size : offset;
  if (from >= limit) return refuse_growth();
  buffer.limit(limit - from);
  return {};
}

}  // namespace

u64 file_size_limit() {
  const sched::Task& task = sched::current();
  return task.is_user() ? task.process->limits[sched::Limit::fsize].soft : sched::kUnlimited;
}

Result<void> refuse_growth() {
  sched::raise_signal(sched::kSigxfsz);
  return Errno::fbig;
}

Result<u64> File::write(IoBuffer& buffer) {
  if (!writable()) return Errno::badf;
  buffer.limit(kMaxTransfer);
  if (!seekable()) {
    u64 nowhere = 0;
    return write_at(buffer, nowhere);
  }
  MutexGuard guard(position_lock_);
  u64 offset = position_;
  TRY(cut_growth(*this, buffer, offset));
  u64 count = TRY(write_at(buffer, offset));
  position_ = offset + count;
  notify_object(dentry(), kInModify);
  return count;
}

Result<u64> File::read_from(IoBuffer& buffer, u64 offset) {
  if (offset > kMaxFileSize) return Errno::inval;
  if (!readable()) return Errno::badf;
  if (!seekable()) return Errno::spipe;
  buffer.limit(std::min(kMaxTransfer, kMaxFileSize - offset));
  u64 count = TRY(read_at(buffer, offset));
  notify_object(dentry(), kInAccess);
  return count;
}

Result<u64> File::write_to(IoBuffer& buffer, u64 offset) {
  if (offset > kMaxFileSize) return Errno::inval;
  if (!writable()) return Errno::badf;
  if (!seekable()) return Errno::spipe;
  if (offset == kMaxFileSize && buffer.remaining() > 0) return Errno::fbig;
  buffer.limit(std::min(kMaxTransfer, kMaxFileSize - offset));
  TRY(cut_growth(*this, buffer, offset));
  u64 count = TRY(write_at(buffer, offset));
  notify_object(dentry(), kInModify);
  return count;
}

void File::set_status_flags(u32 flags) {
  constexpr u32 kSettable = kAppend | kNonBlock | kDirect | kNoAtime | kAsync;
  u32 old = flags_.load(std::memory_order_relaxed);
  while (!flags_.compare_exchange_weak(old, (old & ~kSettable) | (flags & kSettable), std::memory_order_relaxed)) {
  }
}

Result<String> File::describe(const Dentry& root) {
  if (dentry_) return dentry_->path(root);
  return String::copy("anon_inode:[file]");
}

Result<u64> File::read_at(IoBuffer&, u64) { return Errno::inval; }
Result<u64> File::write_at(IoBuffer&, u64&) { return Errno::inval; }

Result<u64> File::seek(i64 offset, u32 whence) {
  if (whence > kSeekHole) return Errno::inval;
  if (!seekable()) return Errno::spipe;
  u64 size = 0;
  if (whence >= kSeekEnd) {
    abi::FileStat status;
    TRY(stat(status));
    size = status.size;
  }
  MutexGuard guard(position_lock_);
  i64 base = 0;
  switch (whence) {
    case kSeekSet: break;
    case kSeekCurrent: base = static_cast<i64>(position_); break;
    case kSeekEnd: base = static_cast<i64>(size); break;
    default:
      // Files without holes, as lseek(2) allows: data up to the end, one hole at the end.
      if (offset < 0 || static_cast<u64>(offset) >= size) return Errno::nxio;
      position_ = whence == kSeekData ? static_cast<u64>(offset) : size;
      return position_;
  }
  i64 target;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return Errno::inval;
  position_ = static_cast<u64>(target);
  return position_;
}

Result<void> File::stat(abi::FileStat& out) {
  if (!dentry_) return Errno::badf;
  return dentry_->inode().stat(*dentry_, out);
}

Result<void> File::attributes(abi::FileStat& out) {
  TRY(stat(out));
  if (dentry_) dentry_->inode().identify(out);
  return {};
}

Result<void> File::statfs(abi::FileSystemStat& out) {
  if (dentry_) return dentry_->fs().statfs(*dentry_, out);
  out = without_storage(kAnonymousMagic);
  return {};
}

Result<u64> File::ioctl(u32, u64) { return Errno::notty; }
Result<void> File::truncate(u64 size) {
  if (!dentry_) return Errno::inval;
  return dentry_->inode().truncate(*dentry_, size);
}
// A nameless file keeps its attributes: changes of pipes and the like are accepted without effect.
Result<void> File::chmod(u32 mode) { return dentry_ ? dentry_->inode().chmod(*dentry_, mode) : Result<void>(); }
Result<void> File::chown(u32 uid, u32 gid) {
  return dentry_ ? dentry_->inode().chown(*dentry_, uid, gid) : Result<void>();
}
Result<void> File::utimens(const TimeUpdate& times) {
  return dentry_ ? dentry_->inode().utimens(*dentry_, times) : Result<void>();
}
Result<void> File::allocate(u32, u64, u64) { return seekable() ? Errno::opnotsupp : Errno::spipe; }
Result<void> File::sync(bool) { return Errno::inval; }
Result<void> File::read_directory(DirectorySink&, u64&) { return Errno::notdir; }
Result<Ref<mm::MemoryObject>> File::memory_object(bool, bool) { return Errno::nodev; }

AnonymousFile::AnonymousFile(u32 flags, const char* kind, u32 mode)
    : File(flags), kind_(kind), mode_(mode), number_(next_inode_number()) {}

Result<void> AnonymousFile::stat(abi::FileStat& out) {
  out = {};
  out.mode = mode_;
  out.nlink = 1;
  out.inode = number_;
  out.device = make_device(0, (mode_ & kTypeMask) == kFifo ? 14 : 15);
  out.block_size = kPageSize;
  return {};
}

Result<String> AnonymousFile::describe(const Dentry&) {
  String text = TRY(String::copy(kind_));
  if (text.view().ends_with(':')) TRY(text.appendf("[%llu]", static_cast<unsigned long long>(number_)));
  return text;
}

}  // namespace baryon::fs
