// Pipes and FIFOs: pipe(7).
#pragma once

#include <atomic>

#include "kernel/fs/file.hpp"

namespace baryon::fs {

// The bytes in transit, between any number of open ends. A ring of pages that are allocated when used and kept.
class PipeBuffer final : public RefCounted {
 public:
  static constexpr u32 kAtomic = 4096;  // PIPE_BUF
  static constexpr u32 kDefaultSize = 64 * 1024;
  static constexpr u32 kMaxSize = 1 << 20;  // fs.pipe-max-size
  static Result<Ref<PipeBuffer>> create();

  Result<u64> read(IoBuffer& buffer, bool nonblocking);
  Result<u64> write(IoBuffer& buffer, bool nonblocking);
  // For splice(2) and tee(2): copies up to `size` bytes without taking them; what could be passed on is then taken by
  // discard(). Waits for the first byte; 0: no writer is left.
  Result<u64> peek(void* out, u64 size, bool nonblocking);
  void discard(u64 count);
  // Until a byte can be written, or nobody reads any more; returns how many can. EAGAIN.
  Result<u64> wait_for_space(bool nonblocking);
  u32 poll(bool reader, bool writer);
  u32 available() const { return used_.load(std::memory_order_acquire); }
  u32 size() const { return size_.load(std::memory_order_relaxed); }
  // F_SETPIPE_SZ: rounded up to a power of two of pages. EBUSY if the contents do not fit.
  Result<u32> resize(u32 size);

  void add_end(bool reader, bool writer);
  void remove_end(bool reader, bool writer);
  // Opening a FIFO waits for the other side.
  Result<void> wait_for_peer(bool reader, bool nonblocking);

  sched::WaitQueue poll_queue;

 private:
  friend Result<Ref<PipeBuffer>> baryon::make_ref<PipeBuffer>();
  ~PipeBuffer() override;
  Result<u64> store(IoBuffer& buffer, u64 length);  // lock_ held: into free space
  u32 free_space() const { return size() - available(); }

  Mutex lock_;  // the ring's contents and indices, over copies from and to user memory
  u8** pages_ = nullptr;
  u32 head_ = 0;  // offset of the first byte
  std::atomic<u32> used_{0};
  std::atomic<u32> size_{kDefaultSize};
  std::atomic<u32> readers_{0}, writers_{0};
  std::atomic<u32> reader_opens_{0}, writer_opens_{0};  // ever, for opening FIFOs
  sched::WaitQueue read_queue_, write_queue_;
};

class PipeFile final : public AnonymousFile {
 public:
  // `inode_dentry` null: a pipe; else a FIFO with a name, set by the VFS.
  PipeFile(u32 flags, Ref<PipeBuffer> buffer);
  Result<u64> read_at(IoBuffer& buffer, u64) override { return buffer_->read(buffer, nonblocking()); }
  Result<u64> write_at(IoBuffer& buffer, u64&) override { return buffer_->write(buffer, nonblocking()); }
  u32 poll(u32) override { return buffer_->poll(readable(), writable()); }
  sched::WaitQueue* poll_queue() override { return &buffer_->poll_queue; }
  Result<u64> ioctl(u32 command, u64 argument) override;
  Result<void> stat(abi::FileStat& out) override;
  Result<String> describe(const Dentry& root) override;
  FileKind kind() const override { return FileKind::pipe; }
  PipeBuffer& buffer() { return *buffer_; }

 private:
  ~PipeFile() override { buffer_->remove_end(readable(), writable()); }
  Ref<PipeBuffer> buffer_;
};

// An end of the FIFO whose buffer is `slot`, made if need be; waits for the other side as open(2) does. `lock` guards
// the slot.
Result<Ref<File>> open_fifo(SpinLock& lock, Ref<PipeBuffer>& slot, u32 flags);

struct PipePair {
  Ref<File> reader, writer;
};
// `flags`: O_NONBLOCK, O_DIRECT (refused: EINVAL).
Result<PipePair> make_pipe(u32 flags);
// The pipe behind a descriptor, or null.
inline PipeFile* as_pipe(File& file) { return file.kind() == FileKind::pipe ? static_cast<PipeFile*>(&file) : nullptr; }

}  // namespace baryon::fs
