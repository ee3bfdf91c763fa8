// Moving data: read(2), write(2), their vectored and positioned forms, lseek(2), sendfile(2), copy_file_range(2).
#include <algorithm>

#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

using fs::IoBuffer;

// RWF_* of preadv2(2). DSYNC, SYNC and HIPRI ask for no less than what happens.
constexpr u64 kRwfHighPriority = 1, kRwfDataSync = 2, kRwfSync = 4, kRwfNoWait = 8, kRwfAppend = 16;

Result<u64> positioned(fs::File& file, IoBuffer buffer, u64 offset, bool write) {
  return write ? file.write_to(buffer, offset) : file.read_from(buffer, offset);
}
Result<u64> streamed(fs::File& file, IoBuffer buffer, bool write) {
  return write ? file.write(buffer) : file.read(buffer);
}

Result<u64> vectored(SyscallContext& c, bool write, bool has_offset, u64 flags) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  UserVectors vectors = TRY(UserVectors::copy(c.arg[1], c.arg[2]));
  if (flags & ~(kRwfHighPriority | kRwfDataSync | kRwfSync | kRwfNoWait | kRwfAppend)) return Errno::opnotsupp;
  if (flags & kRwfAppend && !write) return Errno::opnotsupp;
  u64 offset = c.arg[3];  // pos_l: on 64-bit machines all of it
  if (has_offset && static_cast<i64>(offset) < 0) return Errno::inval;
  // What seeks never waits for data that may not come.
  if (flags & kRwfNoWait && !file->seekable()) {
    const u32 wanted = write ? fs::kPollOut : fs::kPollIn | fs::kPollHangUp | fs::kPollError;
    if (!(file->poll(wanted) & wanted)) return Errno::again;
  }
  if (flags & kRwfAppend && file->seekable()) {
    abi::FileStat status;
    TRY(file->stat(status));
    offset = status.size;
    if (!has_offset) TRY(file->seek(static_cast<i64>(offset), fs::kSeekSet));
  }
  Result<u64> result =
      has_offset ? positioned(*file, vectors.buffer(), offset, write) : streamed(*file, vectors.buffer(), write);
  if (result.ok() && write && flags & (kRwfDataSync | kRwfSync)) TRY(file->sync(!(flags & kRwfSync)));
  return result;
}

// Copies through kernel memory. `from_offset`/`to_offset`: null = the file's position.
Result<u64> copy_between(fs::File& from, u64* from_offset, fs::File& to, u64* to_offset, u64 count) {
  constexpr u64 kChunk = 64 * 1024;
  const u64 size = std::min(count, kChunk);
  if (size == 0) return u64{0};
  void* memory = heap_allocate(size);
  if (!memory) return Errno::nomem;
  u64 done = 0;
  Result<void> failure;
  while (done < count) {
    IoBuffer in = IoBuffer::kernel(memory, std::min(size, count - done));
    auto got = from_offset ? from.read_from(in, *from_offset) : from.read(in);
    if (!got.ok() || got.value() == 0) {
      if (!got.ok()) failure = got.error();
      break;
    }
    IoBuffer out = IoBuffer::kernel(static_cast<const void*>(memory), got.value());
    u64 put = 0;
    while (put < got.value()) {
      auto written = to_offset ? to.write_to(out, *to_offset) : to.write(out);
      if (!written.ok()) {
        failure = written.error();
        break;
      }
      if (to_offset) *to_offset += written.value();
      put += written.value();
      if (written.value() == 0) break;
    }
    if (from_offset) *from_offset += put;
    // What was read and could not be written goes back where the file can seek.
    else if (put < got.value() && from.seekable())
      (void)from.seek(static_cast<i64>(put) - static_cast<i64>(got.value()), fs::kSeekCurrent);
    done += put;
    if (put < got.value() || !failure.ok() || got.value() < std::min(size, count)) break;
  }
  heap_free(memory);
  if (done == 0 && !failure.ok()) return failure.error();
  return done;
}

Result<void> load_offset(VirtAddr address, u64& value) {
  value = TRY(copy_in<u64>(address));
  return static_cast<i64>(value) < 0 ? Result<void>(Errno::inval) : Result<void>();
}

}  // namespace

Result<u64> sys_read(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  IoBuffer buffer = IoBuffer::user(c.arg[1], c.arg[2]);
  return file->read(buffer);
}

Result<u64> sys_write(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  IoBuffer buffer = IoBuffer::user(c.arg[1], c.arg[2]);
  return file->write(buffer);
}

Result<u64> sys_pread64(SyscallContext& c) {
  if (static_cast<i64>(c.arg[3]) < 0) return Errno::inval;
  return positioned(*TRY(file_at(c.arg[0])), IoBuffer::user(c.arg[1], c.arg[2]), c.arg[3], false);
}

Result<u64> sys_pwrite64(SyscallContext& c) {
  if (static_cast<i64>(c.arg[3]) < 0) return Errno::inval;
  return positioned(*TRY(file_at(c.arg[0])), IoBuffer::user(c.arg[1], c.arg[2]), c.arg[3], true);
}

Result<u64> sys_readv(SyscallContext& c) { return vectored(c, false, false, 0); }
Result<u64> sys_writev(SyscallContext& c) { return vectored(c, true, false, 0); }
Result<u64> sys_preadv(SyscallContext& c) { return vectored(c, false, true, 0); }
Result<u64> sys_pwritev(SyscallContext& c) { return vectored(c, true, true, 0); }
// Offset -1: the file's position.
Result<u64> sys_preadv2(SyscallContext& c) { return vectored(c, false, c.arg[3] != ~u64{0}, c.arg[5]); }
Result<u64> sys_pwritev2(SyscallContext& c) { return vectored(c, true, c.arg[3] != ~u64{0}, c.arg[5]); }

Result<u64> sys_lseek(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  return file->seek(static_cast<i64>(c.arg[1]), static_cast<u32>(c.arg[2]));
}

Result<u64> sys_sendfile(SyscallContext& c) {
  Ref<fs::File> to = TRY(file_at(c.arg[0]));
  Ref<fs::File> from = TRY(file_at(c.arg[1]));
  if (!to->writable() || !from->readable()) return Errno::badf;
  if (to->append()) return Errno::inval;
  const u64 count = std::min(c.arg[3], fs::kMaxTransfer);
  if (c.arg[2] == 0) return copy_between(*from, nullptr, *to, nullptr, count);
  u64 offset = 0;
  TRY(load_offset(c.arg[2], offset));
  if (!from->seekable()) return Errno::spipe;
  u64 done = TRY(copy_between(*from, &offset, *to, nullptr, count));
  TRY(copy_out(c.arg[2], offset));
  return done;
}

Result<u64> sys_copy_file_range(SyscallContext& c) {
  Ref<fs::File> from = TRY(file_at(c.arg[0]));
  Ref<fs::File> to = TRY(file_at(c.arg[2]));
  if (c.arg[5] != 0) return Errno::inval;
  abi::FileStat a, b;
  TRY(from->attributes(a));
  TRY(to->attributes(b));
  if ((a.mode & fs::kTypeMask) == fs::kDirectoryType || (b.mode & fs::kTypeMask) == fs::kDirectoryType)
    return Errno::isdir;
  if ((a.mode & fs::kTypeMask) != fs::kRegular || (b.mode & fs::kTypeMask) != fs::kRegular) return Errno::inval;
  if (!from->readable() || !to->writable() || to->append()) return Errno::badf;
  // A stream of the host that is a regular file there has no position here.
  if ((c.arg[1] && !from->seekable()) || (c.arg[3] && !to->seekable())) return Errno::inval;
  u64 from_offset = from->position(), to_offset = to->position();
  if (c.arg[1]) TRY(load_offset(c.arg[1], from_offset));
  if (c.arg[3]) TRY(load_offset(c.arg[3], to_offset));
  const u64 count = std::min(c.arg[4], fs::kMaxTransfer);
  if (from_offset > fs::kMaxFileSize - count || to_offset > fs::kMaxFileSize - count) return Errno::overflow;
  if (a.device == b.device && a.inode == b.inode && from_offset < to_offset + count && to_offset < from_offset + count)
    return Errno::inval;
  u64 done = TRY(copy_between(*from, from->seekable() ? &from_offset : nullptr, *to,
                              to->seekable() ? &to_offset : nullptr, count));
  if (c.arg[1]) TRY(copy_out(c.arg[1], from_offset));
  else if (from->seekable()) TRY(from->seek(static_cast<i64>(from_offset), fs::kSeekSet));
  if (c.arg[3]) TRY(copy_out(c.arg[3], to_offset));
  else if (to->seekable()) TRY(to->seek(static_cast<i64>(to_offset), fs::kSeekSet));
  return done;
}

}  // namespace baryon::syscall
