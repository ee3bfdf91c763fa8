// splice(2), tee(2), vmsplice(2): data moves through kernel memory, a piece at a time. Nothing that was read from a
// pipe is lost when the other side takes less: the bytes stay in the pipe until they have been passed on.
#include <algorithm>

#include "kernel/fs/pipe.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

using fs::IoBuffer;

constexpr u64 kFlags = 15, kNonBlock = 2;  // SPLICE_F_*
constexpr u64 kPiece = fs::PipeBuffer::kDefaultSize;

struct Memory {
  explicit Memory(u64 size) : bytes(static_cast<char*>(heap_allocate(size))) {}
  ~Memory() { heap_free(bytes); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  char* const bytes;
};

// One piece from a pipe; `offset` null: at the file's position. 0: the pipe has ended.
Result<u64> from_pipe(fs::PipeFile& pipe, fs::File& out, u64* offset, u64 count, bool nonblocking, bool keep) {
  const u64 size = std::min(count, kPiece);
  Memory memory(size);
  if (!memory.bytes) return Errno::nomem;
  const u64 got = TRY(pipe.buffer().peek(memory.bytes, size, nonblocking));
  if (got == 0) return u64{0};
  IoBuffer data = IoBuffer::kernel(static_cast<const void*>(memory.bytes), got);
  u64 put;
  if (fs::PipeFile* target = fs::as_pipe(out)) {
    data.limit(std::max<u64>(TRY(target->buffer().wait_for_space(nonblocking)), 1));
    put = TRY(target->buffer().write(data, nonblocking));
  } else {
    put = offset ? TRY(out.write_to(data, *offset)) : TRY(out.write(data));
  }
  if (!keep) pipe.buffer().discard(put);
  return put;
}

// One piece into a pipe. 0: the file has ended.
Result<u64> into_pipe(fs::File& in, u64* offset, fs::PipeFile& pipe, u64 count, bool nonblocking) {
  const u64 space = TRY(pipe.buffer().wait_for_space(nonblocking));
  const u64 size = std::min({count, kPiece, std::max<u64>(space, 1)});
  Memory memory(size);
  if (!memory.bytes) return Errno::nomem;
  IoBuffer in_buffer = IoBuffer::kernel(memory.bytes, size);
  const u64 got = offset ? TRY(in.read_from(in_buffer, *offset)) : TRY(in.read(in_buffer));
  if (got == 0) return u64{0};
  IoBuffer data = IoBuffer::kernel(static_cast<const void*>(memory.bytes), got);
  return pipe.buffer().write(data, false);
}

Result<void> load_offset(VirtAddr address, fs::File& file, u64& value) {
  if (fs::as_pipe(file)) return Errno::spipe;
  value = TRY(copy_in<u64>(address));
  if (static_cast<i64>(value) < 0) return Errno::inval;
  return file.seekable() ? Result<void>() : Errno::spipe;
}

}  // namespace

Result<u64> sys_splice(SyscallContext& c) {
  if (c.arg[4] == 0) return u64{0};
  if (c.arg[5] & ~kFlags) return Errno::inval;
  Ref<fs::File> in = TRY(file_at(c.arg[0]));
  Ref<fs::File> out = TRY(file_at(c.arg[2]));
  if (!in->readable() || !out->writable()) return Errno::badf;
  fs::PipeFile *from = fs::as_pipe(*in), *to = fs::as_pipe(*out);
  if (!from && !to) return Errno::inval;
  if (from && to && &from->buffer() == &to->buffer()) return Errno::inval;
  u64 in_offset = 0, out_offset = 0;
  if (c.arg[1]) TRY(load_offset(c.arg[1], *in, in_offset));
  if (c.arg[3]) TRY(load_offset(c.arg[3], *out, out_offset));
  if (!to && out->append()) return Errno::inval;
  const u64 count = std::min(c.arg[4], fs::kMaxTransfer);
  bool nonblocking = c.arg[5] & kNonBlock || (from && in->nonblocking()) || (to && out->nonblocking());
  u64 done = 0;
  Result<void> failure;
  while (done < count) {
    auto moved = from ? from_pipe(*from, *out, c.arg[3] ? &out_offset : nullptr, count - done, nonblocking, false)
                      : into_pipe(*in, c.arg[1] ? &in_offset : nullptr, *to, count - done, nonblocking);
    if (!moved.ok()) {
      failure = moved.error();
      break;
    }
    if (moved.value() == 0) break;
    done += moved.value();
    in_offset += moved.value();
    out_offset += moved.value();
    nonblocking = true;  // what came at once is enough
    if (!from && !in->seekable()) break;
  }
  if (done == 0 && !failure.ok()) return failure.error();
  if (c.arg[1]) TRY(copy_out(c.arg[1], in_offset));
  if (c.arg[3]) TRY(copy_out(c.arg[3], out_offset));
  return done;
}

Result<u64> sys_tee(SyscallContext& c) {
  if (c.arg[3] & ~kFlags) return Errno::inval;
  if (c.arg[2] == 0) return u64{0};
  Ref<fs::File> in = TRY(file_at(c.arg[0]));
  Ref<fs::File> out = TRY(file_at(c.arg[1]));
  if (!in->readable() || !out->writable()) return Errno::badf;
  fs::PipeFile *from = fs::as_pipe(*in), *to = fs::as_pipe(*out);
  if (!from || !to || &from->buffer() == &to->buffer()) return Errno::inval;
  const bool nonblocking = c.arg[3] & kNonBlock || in->nonblocking() || out->nonblocking();
  return from_pipe(*from, *out, nullptr, std::min(c.arg[2], fs::kMaxTransfer), nonblocking, true);
}

Result<u64> sys_vmsplice(SyscallContext& c) {
  if (c.arg[3] & ~kFlags) return Errno::inval;
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  fs::PipeFile* pipe = fs::as_pipe(*file);
  if (!pipe) return Errno::badf;
  UserVectors vectors = TRY(UserVectors::copy(c.arg[1], c.arg[2]));
  const bool nonblocking = c.arg[3] & kNonBlock || file->nonblocking();
  IoBuffer buffer = vectors.buffer();
  return file->writable() ? pipe->buffer().write(buffer, nonblocking) : pipe->buffer().read(buffer, nonblocking);
}

}  // namespace baryon::syscall
