#include "hypervisor/streams/transfer.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace baryon::host {
namespace {

// Bytes, or a negative errno. An offset of -1 is "the file's own position" to preadv2(2).
std::int64_t call(const Handle& handle, const Transfer& transfer, int flags) noexcept {
  const auto offset = static_cast<off64_t>(transfer.offset);
  flags |= transfer.rw_flags();
  for (;;) {
    const ssize_t bytes = transfer.write
                              ? ::pwritev2(handle.descriptor, transfer.next(), transfer.next_count(), offset, flags)
                              : ::preadv2(handle.descriptor, transfer.next(), transfer.next_count(), offset, flags);
    if (bytes >= 0) return bytes;
    if (errno != EINTR) return -errno;
  }
}

Outcome finish(const Transfer& transfer, std::int64_t result) {
  return Outcome::done(transfer.moved != 0 ? static_cast<std::int64_t>(transfer.moved) : result);
}

Outcome advance_stream(Handle& handle, Transfer& transfer) {
  const short events = transfer.write ? POLLOUT : POLLIN;
  bool& nowait = transfer.write ? handle.nowait_write : handle.nowait_read;
  if (nowait) {
    const std::int64_t bytes = call(handle, transfer, RWF_NOWAIT);
    if (bytes == -EAGAIN) return Outcome::poll(events);
    if (bytes != -EOPNOTSUPP) return Outcome::done(bytes);
    nowait = false;
  }
  if (!transfer.ready) return Outcome::poll(events);
  return Outcome::ring();
}

Outcome advance_file(Handle& handle, Transfer& transfer) {
  bool& nowait = transfer.write ? handle.nowait_write : handle.nowait_read;
  for (;;) {
    const bool careful = nowait;
    const std::int64_t bytes = call(handle, transfer, careful ? RWF_NOWAIT : 0);
    if (bytes == -EOPNOTSUPP && careful) {
      nowait = false;
      continue;
    }
    if (bytes == -EAGAIN && careful) return Outcome::ring();
    if (bytes <= 0) return finish(transfer, bytes);
    transfer.consume(static_cast<std::uint64_t>(bytes));
    if (transfer.moved == transfer.total) return Outcome::done(transfer.moved);
    // With RWF_NOWAIT a short count says "not in memory" as well as "end of file": ask again. Without, it is final.
    if (!careful) return Outcome::done(transfer.moved);
  }
}

}  // namespace

void Transfer::begin(const iovec* segments, std::uint32_t count, std::uint32_t bytes, std::uint64_t at, bool is_write,
                     bool is_append) noexcept {
  std::copy_n(segments, count, parts.begin());
  part_count = count;
  total = bytes;
  moved = 0;
  offset = at;
  write = is_write;
  append = is_append;
  ready = false;
  first_ = 0;
}

const iovec* Transfer::next() const noexcept { return parts.data() + first_; }
int Transfer::next_count() const noexcept { return static_cast<int>(part_count - first_); }
int Transfer::rw_flags() const noexcept { return write && append ? RWF_APPEND : 0; }

void Transfer::consume(std::uint64_t bytes) noexcept {
  bytes = std::min<std::uint64_t>(bytes, total - moved);
  moved += static_cast<std::uint32_t>(bytes);
  if (offset != abi::kCurrentPosition) offset += bytes;
  while (bytes != 0 && first_ < part_count) {
    iovec& part = parts[first_];
    const std::uint64_t taken = std::min<std::uint64_t>(bytes, part.iov_len);
    part.iov_base = static_cast<std::byte*>(part.iov_base) + taken;
    part.iov_len -= taken;
    bytes -= taken;
    if (part.iov_len == 0) ++first_;
  }
}

std::int64_t check_transfer(const Handle& handle, const Transfer& transfer) noexcept {
  if (handle.kind == HandleKind::directory && !transfer.write) return -EISDIR;
  if (handle.kind != HandleKind::file && handle.kind != HandleKind::stream) return -EBADF;
  if (transfer.write ? !handle.writable : !handle.readable) return -EBADF;
  if (transfer.write && handle.read_only) return -EROFS;
  if (transfer.offset != abi::kCurrentPosition) {
    if (handle.kind == HandleKind::stream) return -ESPIPE;
    if (transfer.offset > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return -EINVAL;
  }
  return 0;
}

Outcome advance(Handle& handle, Transfer& transfer) noexcept {
  return handle.kind == HandleKind::file ? advance_file(handle, transfer) : advance_stream(handle, transfer);
}

Outcome absorb(Handle& handle, Transfer& transfer, std::int64_t result) noexcept {
  if (handle.kind != HandleKind::file) {
    // Somebody else took what poll had promised.
    if (result == -EAGAIN || result == -EINTR) {
      transfer.ready = false;
      return Outcome::poll(transfer.write ? POLLOUT : POLLIN);
    }
    return Outcome::done(result);
  }
  // The kernel would rather not do it asynchronously: do it here.
  if (result == -EAGAIN || result == -EINTR) {
    (transfer.write ? handle.nowait_write : handle.nowait_read) = false;
    return advance_file(handle, transfer);
  }
  if (result <= 0) return finish(transfer, result);
  transfer.consume(static_cast<std::uint64_t>(result));
  return transfer.moved == transfer.total ? Outcome::done(transfer.moved) : advance_file(handle, transfer);
}

}  // namespace baryon::host
