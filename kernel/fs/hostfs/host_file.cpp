#include "kernel/fs/hostfs/host_file.hpp"

#include <algorithm>

#include "kernel/fs/hostfs/host_pages.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::fs {
namespace {

using abi::QCallOp;

constinit std::atomic<u32> changes{0};
// Counted after the change, so that nothing learnt before it is believed once the call has returned.
void note_change() { changes.fetch_add(1, std::memory_order_relaxed); }

constexpr u64 kBelievedNs = 1'000'000, kSameDataNs = 100'000'000;

Result<i64> plain_call(QCallOp op, u32 handle, u64 a0 = 0, u64 a1 = 0, u64 a2 = 0) {
  qcall::Request request;
  request.op = op;
  request.handle = handle;
  request.arg[0] = a0;
  request.arg[1] = a1;
  request.arg[2] = a2;
  return qcall::call(request);
}

// An operation on the handle's own object that takes a path: an empty one.
Result<void> handle_call(QCallOp op, u32 handle, std::initializer_list<u64> arguments) {
  qcall::Request request;
  request.op = op;
  request.handle = handle;
  std::copy(arguments.begin(), arguments.end(), request.arg);
  PathArgument path = TRY(PathArgument::text(""));
  path.add_to(request);
  TRY(changing_call(request));
  return {};
}

// A change that a call on the handle makes.
Result<void> change_call(QCallOp op, u32 handle, u64 a0, u64 a1 = 0, u64 a2 = 0) {
  auto result = plain_call(op, handle, a0, a1, a2);
  note_change();
  TRY(result);
  return {};
}

Result<u64> transfer(QCallOp op, u32 handle, IoBuffer& buffer, u64 offset, u64 flags, bool stream) {
  u64 done = 0;
  do {
    qcall::Request request;
    request.op = op;
    request.handle = handle;
    request.arg[0] = offset == abi::kCurrentPosition ? offset : offset + done;
    request.arg[1] = flags;
    u64 covered = 0;
    if (buffer.remaining() > 0) {
      auto segments = buffer.segments(op == QCallOp::read, abi::kMaxTransfer, request.segments, covered);
      if (!segments.ok()) return done ? Result<u64>(done) : segments.error();
      request.segment_count = static_cast<u16>(segments.value());
    }
    auto result = stream ? qcall::call_interruptible(request) : qcall::call(request);
    buffer.unpin({request.segments, request.segment_count});
    if (!result.ok()) return done ? Result<u64>(done) : result.error();
    const u64 moved = static_cast<u64>(result.value());
    if (moved > covered) return Errno::io;  // the host never says so
    buffer.advance(moved);
    done += moved;
    if (moved < covered || (stream && op == QCallOp::read)) break;
  } while (buffer.remaining() > 0);
  return done;
}

class HostDirectory final : public File {
 public:
  HostDirectory(HostFs& fs, u32 handle, u32 flags) : File(flags), fs_(&fs), handle_(handle) {}
  bool seekable() const override { return true; }
  Result<u64> read_at(IoBuffer&, u64) override { return Errno::isdir; }
  Result<void> sync(bool data_only) override {
    TRY(plain_call(QCallOp::sync, handle_, data_only));
    return {};
  }
  Result<void> host_lock(u32 operation) override {
    TRY(plain_call(QCallOp::lock, handle_, operation));
    return {};
  }
  Result<void> read_directory(DirectorySink& sink, u64& position) override;

 private:
  ~HostDirectory() override { host_close(handle_); }
  Ref<HostFs> fs_;
  const u32 handle_;
};

Result<void> HostDirectory::read_directory(DirectorySink& sink, u64& position) {
  constexpr u32 kSize = 8192;
  auto* bytes = static_cast<u8*>(heap_allocate(kSize));
  if (!bytes) return Errno::nomem;
  Result<void> outcome;
  for (bool more = true; more;) {
    qcall::Request request;
    request.op = QCallOp::read_dir;
    request.handle = handle_;
    request.arg[0] = position;
    request.add_segment(bytes, kSize);
    auto result = qcall::call(request);
    if (!result.ok()) {
      outcome = result.error();
      break;
    }
    const u64 length = std::min<u64>(static_cast<u64>(result.value()), kSize);
    if (length == 0) break;
    for (u64 at = 0; at + sizeof(abi::DirectoryEntry) <= length;) {
      const auto& entry = *reinterpret_cast<const abi::DirectoryEntry*>(bytes + at);
      if (entry.length < sizeof entry + entry.name_length || at + entry.length > length) {
        more = false;
        break;
      }
      if (!sink.entry({reinterpret_cast<const char*>(&entry + 1), entry.name_length}, entry.inode, entry.type,
                      entry.next_cookie)) {
        more = false;
        break;
      }
      position = entry.next_cookie;
      at += entry.length;
    }
  }
  heap_free(bytes);
  return outcome;
}

}  // namespace

Result<u64> host_read(u32 handle, IoBuffer& buffer, u64 offset, bool stream) {
  return transfer(QCallOp::read, handle, buffer, offset, 0, stream);
}

Result<i64> changing_call(const qcall::Request& request) {
  auto result = qcall::call(request);
  note_change();
  return result;
}

Result<u64> host_write(u32 handle, IoBuffer& buffer, u64 offset, bool append, bool stream) {
  auto written = transfer(QCallOp::write, handle, buffer, offset, append ? abi::kWriteAppend : 0, stream);
  if (!stream) note_change();
  return written;
}

// Nobody can tell when a descriptor of the host process is closed, except by its lock.
HostHandle::~HostHandle() {
  qcall::Request request;
  request.op = QCallOp::close;
  request.handle = number;
  if (locked.load(std::memory_order_relaxed) || !qcall::post(request)) host_close(number);
}

Result<Ref<File>> host_file(HostFs& fs, u32 handle, u32 flags, const abi::FileStat& status) {
  auto owner = make_ref<HostHandle>(handle);
  if (!owner.ok()) {
    host_close(handle);
    return owner.error();
  }
  return host_file(fs, owner.take(), flags, status);
}

Result<Ref<File>> host_file(HostFs& fs, Ref<HostHandle> handle, u32 flags, const abi::FileStat& status) {
  return Ref<File>(TRY(make_ref<HostFile>(fs, std::move(handle), flags, status)));
}

HostFile::HostFile(HostFs& fs, Ref<HostHandle> handle, u32 flags, const abi::FileStat& status)
    : File(flags),
      fs_(&fs),
      shared_(std::move(handle)),
      handle_(shared_->number),
      opened_(status),
      opened_at_(sched::monotonic_ns()),
      changes_(changes.load(std::memory_order_relaxed)) {}

bool HostFile::believes(u64 ns) const {
  if (fs_->frozen) return true;
  return changes.load(std::memory_order_relaxed) == changes_ && sched::monotonic_ns() - opened_at_ < ns;
}

Result<void> HostFile::data_version(abi::FileStat& out) {
  if (!believes(kSameDataNs)) return stat(out);
  out = opened_;
  return {};
}

Result<Ref<File>> host_directory(HostFs& fs, u32 handle, u32 flags) {
  auto file = make_ref<HostDirectory>(fs, handle, flags);
  if (!file.ok()) {
    host_close(handle);
    return file.error();
  }
  return Ref<File>(file.take());
}

Result<u64> HostFile::read_at(IoBuffer& buffer, u64 offset) {
  was_read_.store(true, std::memory_order_relaxed);
  TRY(shared_pages_before_read(*this, offset, buffer.remaining()));
  return host_read(handle_, buffer, offset, false);
}

Result<u64> HostFile::write_at(IoBuffer& buffer, u64& offset) {
  if (!append()) {
    TRY(shared_pages_before_read(*this, offset, buffer.remaining()));
    u64 count = TRY(host_write(handle_, buffer, offset, false, false));
    shared_pages_after_write(*this, offset, count);
    return count;
  }
  u64 count = TRY(host_write(handle_, buffer, 0, true, false));
  abi::FileStat status;
  TRY(stat(status));
  offset = status.size >= count ? status.size - count : 0;
  shared_pages_after_write(*this, offset, count);
  return count;
}

Result<u64> HostFile::seek(i64 offset, u32 whence) {
  if (whence != kSeekData && whence != kSeekHole) return File::seek(offset, whence);
  MutexGuard guard(position_lock_);
  position_ = static_cast<u64>(TRY(plain_call(QCallOp::seek, handle_, static_cast<u64>(offset), whence)));
  return position_;
}

Result<void> HostFile::stat(abi::FileStat& out) {
  if (believes(kBelievedNs) && (fs_->frozen || !was_read_.load(std::memory_order_relaxed))) out = opened_;
  else TRY(host_stat(handle_, out));
  out.device = fs_->device;
  return {};
}

Result<void> HostFile::truncate(u64 size) {
  TRY(change_call(QCallOp::truncate, handle_, size));
  shared_pages_truncated(*this, size);
  return {};
}

Result<void> HostFile::allocate(u32 mode, u64 offset, u64 length) {
  TRY(change_call(QCallOp::fallocate, handle_, mode, offset, length));
  shared_pages_after_write(*this, offset, length);
  return {};
}

// By handle once there is no name; by name before, as the file system may have its own view of who owns what.
Result<void> HostFile::chmod(u32 mode) {
  if (!lost_its_name()) return File::chmod(mode);
  return handle_call(QCallOp::chmod, handle_, {mode & kPermissionMask});
}
Result<void> HostFile::chown(u32 uid, u32 gid) {
  if (!lost_its_name()) return File::chown(uid, gid);
  return handle_call(QCallOp::chown, handle_, {uid, gid});
}
Result<void> HostFile::utimens(const TimeUpdate& times) {
  if (!lost_its_name()) return File::utimens(times);
  return handle_call(
      QCallOp::utimens, handle_,
      {static_cast<u64>(times.access_s), times.access_ns, static_cast<u64>(times.modify_s), times.modify_ns});
}

Result<void> HostFile::sync(bool data_only) {
  TRY(shared_pages_before_read(*this, 0, ~u64{0}));
  TRY(plain_call(QCallOp::sync, handle_, data_only));
  return {};
}

Result<void> HostFile::host_lock(u32 operation) {
  shared_->locked.store(true, std::memory_order_relaxed);
  TRY(plain_call(QCallOp::lock, handle_, operation));
  return {};
}

Result<Ref<mm::MemoryObject>> HostFile::memory_object(bool shared, bool write) {
  return map_host_file(Ref<HostFile>(this), shared, write);
}

}  // namespace baryon::fs
