// Open file descriptions: what file descriptors refer to. The driver side are the virtual functions.
#pragma once

#include "kernel/base/ref.hpp"
#include "kernel/fs/dentry.hpp"
#include "kernel/fs/io_buffer.hpp"
#include "kernel/fs/mutex.hpp"
#include "kernel/fs/types.hpp"
#include "kernel/mm/memory_object.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::fs {

struct EpollItem;
struct RangeLocks;

// What a file is, for calls that ask for more than the interface.
enum class FileKind : u8 { other, pipe, memory, epoll, event, timer, stream, object, process, inotify, signal };

class File : public RefCounted {
 public:
  // `flags`: open(2)'s; creation flags are dropped.
  explicit File(u32 flags) : flags_(flags & ~(kCreate | kExclusive | kNoCtty | kTruncate | kCloseOnExec)) {}

  // --- user side ---
  // At the file's position, which moves; files that do not seek ignore it. EBADF if not open for it.
  Result<u64> read(IoBuffer& buffer);
  Result<u64> write(IoBuffer& buffer);
  // At an offset: pread and pwrite. ESPIPE for files that do not seek.
  Result<u64> read_from(IoBuffer& buffer, u64 offset);
  Result<u64> write_to(IoBuffer& buffer, u64 offset);

  u32 flags() const { return flags_.load(std::memory_order_relaxed); }
  // F_SETFL: O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME, O_ASYNC.
  void set_status_flags(u32 flags);
  bool readable() const { return (flags() & kAccessMode) != kWriteOnly && !(flags() & kPath); }
  bool writable() const { return (flags() & kAccessMode) != kReadOnly && !(flags() & kPath); }
  bool nonblocking() const { return flags() & kNonBlock; }
  bool append() const { return flags() & kAppend; }
  Dentry* dentry() const { return dentry_.get(); }
  void set_dentry(Ref<Dentry> dentry) { dentry_ = std::move(dentry); }
  // "pipe:[7]", "anon_inode:[eventpoll]" or the path, for /proc/<pid>/fd.
  virtual Result<String> describe(const Dentry& root);
  virtual FileKind kind() const { return FileKind::other; }

  // --- driver side ---
  // Data at `offset`; files that do not seek ignore it. Short counts as in read(2). `flags` are the file's
  // status flags at the time of the call. May block, interruptibly (Errno::restart_sys); Errno::again if
  // kNonBlock is set.
  virtual Result<u64> read_at(IoBuffer& buffer, u64 offset);
  // `offset` is updated when kAppend moves it to the end.
  virtual Result<u64> write_at(IoBuffer& buffer, u64& offset);
  // Whether the position has a meaning. Files that do not seek give ESPIPE to lseek and pread.
  virtual bool seekable() const { return false; }
  virtual Result<u64> seek(i64 offset, u32 whence);

  // poll(2) events that hold now (error and hang-up whether or not asked for). A poller first enters
  // poll_queue(), then asks; `interest` lets a file start what tells it later. Never blocks.
  virtual u32 poll(u32 interest) { return interest & (kPollIn | kPollOut | kPollReadNormal | kPollWriteNormal); }
  // Woken whenever poll()'s answer may have gained events; null: the answer never changes.
  virtual sched::WaitQueue* poll_queue() { return nullptr; }

  virtual Result<void> stat(abi::FileStat& out);
  // stat as programs see it: with the identity that the path shows.
  Result<void> attributes(abi::FileStat& out);
  virtual Result<void> statfs(abi::FileSystemStat& out);
  virtual Result<u64> ioctl(u32 command, u64 argument);
  virtual Result<void> truncate(u64 size);
  virtual Result<void> allocate(u32 mode, u64 offset, u64 length);
  // fchmod(2), fchown(2), futimens(3): the object's, also after it has lost its name.
  virtual Result<void> chmod(u32 mode);
  virtual Result<void> chown(u32 uid, u32 gid);
  virtual Result<void> utimens(const TimeUpdate& times);
  virtual Result<void> sync(bool data_only);
  // Entries from `position` (0, or a cookie that an entry carried), until the sink is full. "." and ".." included.
  virtual Result<void> read_directory(DirectorySink& sink, u64& position);
  // For mmap. EACCES and ENODEV as there.
  virtual Result<Ref<mm::MemoryObject>> memory_object(bool shared, bool write);
  // One descriptor was closed: errors of delayed writes show here.
  virtual Result<void> flush() { return {}; }
  // flock(2), passed on where the host knows the file.
  virtual Result<void> host_lock(u32 operation) {
    (void)operation;
    return {};
  }

  u64 position() const { return position_; }
  // Calls f(u64& position) while nobody else moves it.
  template <class F>
  auto with_position(F&& f) {
    MutexGuard guard(position_lock_);
    return f(position_);
  }

  std::atomic<EpollItem*> epoll_items{nullptr};  // epoll.cpp's: the items that watch this file
  std::atomic<u32> lock_count{0};                // locks.cpp's: this file may hold locks

 protected:
  ~File() override;
  void last_unref() override;
  // Directories keep their cookie here.
  Mutex position_lock_;
  u64 position_ = 0;

 private:
  std::atomic<u32> flags_;
  Ref<Dentry> dentry_;  // null for files without a name
};

// A file without a place in the tree (pipe, eventfd …): a number and a kind.
class AnonymousFile : public File {
 public:
  AnonymousFile(u32 flags, const char* kind, u32 mode);
  Result<void> stat(abi::FileStat& out) override;
  Result<String> describe(const Dentry& root) override;

 private:
  const char* const kind_;  // "pipe:" → "pipe:[7]"; "anon_inode:[eventfd]" is shown as it is
  const u32 mode_;
  const u64 number_;
};

// RLIMIT_FSIZE of the current process, and what exceeding it brings: SIGXFSZ and EFBIG.
u64 file_size_limit();
Result<void> refuse_growth();

// Inode numbers of anonymous files and of files of memory-backed file systems.
u64 next_inode_number();

}  // namespace baryon::fs
