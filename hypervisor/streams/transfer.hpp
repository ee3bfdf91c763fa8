// Moving bytes between guest memory and a file or stream without ever blocking the caller for long.
//
// A transfer is a little state machine. advance() does what can be done now and says what it waits for:
//   done    value = bytes or a negative errno
//   poll    value = poll(2) events; when one holds, set `ready` and advance again
//   ring    submit the rest as an io_uring read or write, feed its result to absorb()
//
// Streams: tried with RWF_NOWAIT, which works whatever the descriptor's O_NONBLOCK says; that flag is shared with the
// process that gave us the stream and is never touched. A stream without RWF_NOWAIT (terminals of older kernels, named
// FIFOs) is polled and then read or written by io_uring. A short count is the result; the guest goes on from there.
// Regular files: RWF_NOWAIT first, io_uring for what is not in the page cache; where a file system knows no
// RWF_NOWAIT, a plain call. Short only at the end of the file or on an error.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>

#include "hypervisor/files/handle_table.hpp"
#include "kernel/abi/qcall.hpp"

namespace baryon::host {

struct Outcome {
  enum class Kind : std::uint8_t { done, poll, ring, timer };
  Kind kind = Kind::done;
  std::int64_t value = 0;  // done: the result; poll: events; timer: milliseconds

  static Outcome done(std::int64_t result) { return {Kind::done, result}; }
  static Outcome poll(short events) { return {Kind::poll, events}; }
  static Outcome ring() { return {Kind::ring, 0}; }
  static Outcome timer(std::int64_t milliseconds) { return {Kind::timer, milliseconds}; }
};

struct Transfer {
  std::array<iovec, abi::kMaxSegments> parts;  // what is left; host addresses inside guest RAM
  std::uint32_t part_count = 0;
  std::uint32_t total = 0;
  std::uint32_t moved = 0;
  std::uint64_t offset = abi::kCurrentPosition;  // of the next byte
  bool write = false;
  bool append = false;
  bool ready = false;  // the poll that was asked for has fired

  // Starts over with the first `count` (<= kMaxSegments) of `segments`, `bytes` in all.
  void begin(const iovec* segments, std::uint32_t count, std::uint32_t bytes, std::uint64_t at, bool is_write,
             bool is_append) noexcept;

  [[nodiscard]] const iovec* next() const noexcept;
  [[nodiscard]] int next_count() const noexcept;
  [[nodiscard]] int rw_flags() const noexcept;

  // Drops `bytes` from the front of what is left.
  void consume(std::uint64_t bytes) noexcept;

 private:
  std::uint32_t first_ = 0;
};

// Whether `handle` can do this transfer at all: 0 or -EBADF, -EISDIR, -ESPIPE, -EINVAL, -EROFS.
[[nodiscard]] std::int64_t check_transfer(const Handle& handle, const Transfer& transfer) noexcept;

[[nodiscard]] Outcome advance(Handle& handle, Transfer& transfer) noexcept;

// `result` of the io_uring request for what was left.
[[nodiscard]] Outcome absorb(Handle& handle, Transfer& transfer, std::int64_t result) noexcept;

}  // namespace baryon::host
