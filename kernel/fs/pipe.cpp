#include "kernel/fs/pipe.hpp"

#include <algorithm>
#include <bit>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/fs/ioctls.hpp"
#include "kernel/sched/signal.hpp"

namespace baryon::fs {

Result<Ref<PipeBuffer>> PipeBuffer::create() {
  Ref<PipeBuffer> pipe = TRY(make_ref<PipeBuffer>());
  const u32 count = kDefaultSize / kPageSize;
  pipe->pages_ = static_cast<u8**>(heap_allocate(count * sizeof(u8*)));
  if (!pipe->pages_) return Errno::nomem;
  std::fill_n(pipe->pages_, count, nullptr);
  return pipe;
}

PipeBuffer::~PipeBuffer() {
  if (!pages_) return;
  for (u32 i = 0; i < size() / kPageSize; ++i) heap_free(pages_[i]);
  heap_free(pages_);
}

Result<u64> PipeBuffer::read(IoBuffer& buffer, bool nonblocking) {
  if (buffer.remaining() == 0) return u64{0};
  for (;;) {
    {
      MutexGuard guard(lock_);
      u32 used = available();
      if (used > 0) {
        const bool was_full = free_space() < kAtomic;
        u64 done = 0;
        Result<void> failure;
        while (used > 0 && buffer.remaining() > 0) {
          const u32 in_page = head_ % kPageSize;
          const u64 count = std::min<u64>({used, buffer.remaining(), kPageSize - in_page});
          auto copied = buffer.copy_in(pages_[head_ / kPageSize] + in_page, count);
          if (!copied.ok()) {
            failure = copied.error();
            break;
          }
          const u32 n = static_cast<u32>(copied.value());
          head_ = (head_ + n) & (size() - 1);
          used -= n;
          done += n;
          used_.store(used, std::memory_order_release);
          if (n < count) break;
        }
        if (done == 0) return failure.error();
        if (used == 0) head_ = 0;  // keeps a lightly used pipe in one page
        if (was_full || !write_queue_.empty()) write_queue_.wake_all();
        poll_queue.wake_all(kPollOut | kPollWriteNormal);
        if (used > 0) read_queue_.wake_one();
        return done;
      }
    }
    if (writers_.load(std::memory_order_acquire) == 0) {
      if (available() == 0) return u64{0};
      continue;
    }
    if (nonblocking) return Errno::again;
    TRY(sched::wait(read_queue_, [&] { return available() > 0 || writers_.load(std::memory_order_acquire) == 0; }));
  }
}

Result<u64> PipeBuffer::store(IoBuffer& buffer, u64 length) {
  u64 done = 0;
  while (done < length) {
    const u32 used = available();
    const u32 tail = (head_ + used) & (size() - 1);
    const u32 in_page = tail % kPageSize;
    const u64 count = std::min<u64>(length - done, kPageSize - in_page);
    u8*& page = pages_[tail / kPageSize];
    if (!page) page = static_cast<u8*>(heap_allocate(kPageSize));
    Result<u64> copied = page ? buffer.copy_out(page + in_page, count) : Result<u64>(Errno::nomem);
    if (!copied.ok()) return done ? Result<u64>(done) : copied.error();
    used_.store(used + static_cast<u32>(copied.value()), std::memory_order_release);
    done += copied.value();
    if (copied.value() < count) break;
  }
  return done;
}

Result<u64> PipeBuffer::write(IoBuffer& buffer, bool nonblocking) {
  u64 done = 0;
  const u64 total = buffer.remaining();
  // A write of at most PIPE_BUF bytes goes in one piece.
  const u64 wanted = total <= kAtomic ? total : 1;
  for (;;) {
    if (readers_.load(std::memory_order_acquire) == 0) {
      if (done) return done;
      sched::raise_signal(sched::kSigpipe);
      return Errno::pipe;
    }
    if (total == 0) return u64{0};
    {
      MutexGuard guard(lock_);
      const u32 space = free_space();
      if (space >= wanted) {
        auto stored = store(buffer, std::min<u64>(space, buffer.remaining()));
        if (!stored.ok()) return done ? Result<u64>(done) : stored.error();
        done += stored.value();
        read_queue_.wake_one();
        poll_queue.wake_all(kPollIn | kPollReadNormal);
        if (buffer.remaining() == 0) return done;
        continue;
      }
    }
    if (nonblocking) return done ? Result<u64>(done) : Errno::again;
    auto waited = sched::wait(write_queue_,
                              [&] { return free_space() >= wanted || readers_.load(std::memory_order_acquire) == 0; });
    if (!waited.ok()) return done ? Result<u64>(done) : waited.error();
  }
}

Result<u64> PipeBuffer::peek(void* out, u64 size, bool nonblocking) {
  for (;;) {
    {
      MutexGuard guard(lock_);
      const u64 wanted = std::min<u64>(available(), size);
      for (u64 done = 0; done < wanted;) {
        const u32 at = (head_ + static_cast<u32>(done)) & (this->size() - 1);
        const u64 count = std::min<u64>(wanted - done, kPageSize - at % kPageSize);
        std::memcpy(static_cast<u8*>(out) + done, pages_[at / kPageSize] + at % kPageSize, count);
        done += count;
      }
      if (wanted > 0) return wanted;
    }
    if (writers_.load(std::memory_order_acquire) == 0 && available() == 0) return u64{0};
    if (nonblocking) return Errno::again;
    TRY(sched::wait(read_queue_, [&] { return available() > 0 || writers_.load(std::memory_order_acquire) == 0; }));
  }
}

void PipeBuffer::discard(u64 count) {
  MutexGuard guard(lock_);
  const u32 n = static_cast<u32>(std::min<u64>(count, available()));
  const u32 left = available() - n;
  head_ = left ? (head_ + n) & (size() - 1) : 0;
  used_.store(left, std::memory_order_release);
  write_queue_.wake_all();
  poll_queue.wake_all(kPollOut | kPollWriteNormal);
  if (left) read_queue_.wake_one();
}

Result<u64> PipeBuffer::wait_for_space(bool nonblocking) {
  auto ready = [&] { return free_space() > 0 || readers_.load(std::memory_order_acquire) == 0; };
  if (!ready()) {
    if (nonblocking) return Errno::again;
    TRY(sched::wait(write_queue_, ready));
  }
  return u64{free_space()};
}

u32 PipeBuffer::poll(bool reader, bool writer) {
  u32 events = 0;
  if (reader) {
    if (available() > 0) events |= kPollIn | kPollReadNormal;
    if (writers_.load(std::memory_order_acquire) == 0 && writer_opens_.load(std::memory_order_relaxed) != 0)
      events |= kPollHangUp;
  }
  if (writer) {
    if (free_space() >= kAtomic) events |= kPollOut | kPollWriteNormal;
    if (readers_.load(std::memory_order_acquire) == 0) events |= kPollError;
  }
  return events;
}

Result<u32> PipeBuffer::resize(u32 wanted) {
  if (wanted > kMaxSize) return Errno::perm;
  const u32 target = std::bit_ceil(std::max<u32>(wanted, kPageSize));
  MutexGuard guard(lock_);
  const u32 used = available();
  if (used > target) return Errno::busy;
  const u32 old_count = size() / kPageSize, count = target / kPageSize;
  auto** fresh = static_cast<u8**>(heap_allocate(count * sizeof(u8*)));
  if (!fresh) return Errno::nomem;
  std::fill_n(fresh, count, nullptr);
  // The used pages move to the front, in order; the first may be partly read.
  const u32 first = head_ / kPageSize, offset = head_ % kPageSize;
  const u32 pages = used ? static_cast<u32>((offset + used + kPageSize - 1) / kPageSize) : 0;
  if (pages > count || (pages == old_count + 1)) {
    heap_free(fresh);
    return Errno::busy;
  }
  for (u32 i = 0; i < pages; ++i) std::swap(fresh[i], pages_[(first + i) % old_count]);
  for (u32 i = 0; i < old_count; ++i) heap_free(pages_[i]);
  heap_free(pages_);
  pages_ = fresh;
  head_ = offset;
  size_.store(target, std::memory_order_release);
  write_queue_.wake_all();
  poll_queue.wake_all(kPollOut | kPollWriteNormal);
  return target;
}

void PipeBuffer::add_end(bool reader, bool writer) {
  if (reader) {
    readers_.fetch_add(1);
    reader_opens_.fetch_add(1);
  }
  if (writer) {
    writers_.fetch_add(1);
    writer_opens_.fetch_add(1);
  }
  read_queue_.wake_all();
  write_queue_.wake_all();
}

void PipeBuffer::remove_end(bool reader, bool writer) {
  const bool last_reader = reader && readers_.fetch_sub(1) == 1;
  const bool last_writer = writer && writers_.fetch_sub(1) == 1;
  if (last_reader) {
    write_queue_.wake_all();
    poll_queue.wake_all(kPollError | kPollOut);
  }
  if (last_writer) {
    read_queue_.wake_all();
    poll_queue.wake_all(kPollHangUp | kPollIn);
  }
}

// fifo(7): a reader waits for a writer, a writer for a reader; O_NONBLOCK readers succeed, writers get ENXIO;
// O_RDWR never waits.
Result<void> PipeBuffer::wait_for_peer(bool reader, bool nonblocking) {
  std::atomic<u32>& peers = reader ? writers_ : readers_;
  std::atomic<u32>& opens = reader ? writer_opens_ : reader_opens_;
  if (peers.load() > 0) return {};
  if (nonblocking) return reader ? Result<void>() : Result<void>(Errno::nxio);
  const u32 before = opens.load();
  return sched::wait(reader ? read_queue_ : write_queue_, [&] { return peers.load() > 0 || opens.load() != before; });
}

PipeFile::PipeFile(u32 flags, Ref<PipeBuffer> buffer)
    : AnonymousFile(flags, "pipe:", kFifo | 0600), buffer_(std::move(buffer)) {
  buffer_->add_end(readable(), writable());
}

Result<u64> PipeFile::ioctl(u32 command, u64 argument) {
  if (command != kFionread) return Errno::notty;
  const u32 available = buffer_->available();
  if (!arch::copy_to_user(argument, &available, sizeof available)) return Errno::fault;
  return u64{0};
}

Result<void> PipeFile::stat(abi::FileStat& out) { return dentry() ? File::stat(out) : AnonymousFile::stat(out); }
Result<String> PipeFile::describe(const Dentry& root) {
  return dentry() ? File::describe(root) : AnonymousFile::describe(root);
}

Result<Ref<File>> open_fifo(SpinLock& lock, Ref<PipeBuffer>& slot, u32 flags) {
  Ref<PipeBuffer> fresh = TRY(PipeBuffer::create());
  Ref<PipeBuffer> buffer;
  {
    SpinGuard guard(lock);
    if (!slot) std::swap(slot, fresh);
    buffer = slot;
  }
  Ref<PipeFile> file = TRY(make_ref<PipeFile>(flags, buffer));
  TRY(buffer->wait_for_peer(file->readable(), flags & kNonBlock));
  return Ref<File>(std::move(file));
}

Result<PipePair> make_pipe(u32 flags) {
  if (flags & ~(kNonBlock | kCloseOnExec | kDirect)) return Errno::inval;
  if (flags & kDirect) return Errno::inval;  // packet mode
  Ref<PipeBuffer> buffer = TRY(PipeBuffer::create());
  Ref<File> reader = TRY(make_ref<PipeFile>(kReadOnly | (flags & kNonBlock), buffer));
  Ref<File> writer = TRY(make_ref<PipeFile>(kWriteOnly | (flags & kNonBlock), buffer));
  return PipePair{std::move(reader), std::move(writer)};
}

}  // namespace baryon::fs
