// The memory that a read or write moves data to or from: a program's buffers or a kernel buffer. A cursor:
// every transfer advances it.
//
// Transfers touch user memory, so they may fault and block: hold no spin lock.
#pragma once

#include <span>

#include "kernel/abi/qcall.hpp"
#include "kernel/base/error.hpp"
#include "kernel/mm/address_space.hpp"

namespace baryon::io {

// struct iovec of readv(2).
struct IoVector {
  VirtAddr base;
  u64 length;
};

class IoBuffer {
 public:
  // A program's memory. The vectors have been validated (import_vectors) and outlive the buffer.
  static IoBuffer user(VirtAddr address, u64 length) { return IoBuffer(address, length, false); }
  static IoBuffer user(std::span<const IoVector> vectors);
  // Kernel memory in the direct map.
  static IoBuffer kernel(void* memory, u64 length) {
    return IoBuffer(reinterpret_cast<VirtAddr>(memory), length, true);
  }
  static IoBuffer kernel(const void* memory, u64 length) {
    return IoBuffer(reinterpret_cast<VirtAddr>(memory), length, true);
  }

  u64 remaining() const { return remaining_; }
  // Moves at most min(length, remaining()) bytes; fewer only at a fault. EFAULT if not one byte could be moved.
  Result<u64> copy_in(const void* from, u64 length) {
    return transfer(const_cast<void*>(from), length, Direction::to_buffer);
  }
  Result<u64> copy_out(void* to, u64 length) { return transfer(to, length, Direction::from_buffer); }
  Result<u64> clear(u64 length) { return transfer(nullptr, length, Direction::clear); }
  void advance(u64 length);
  // Cuts the buffer down to its first `length` bytes.
  void limit(u64 length) {
    if (length < remaining_) remaining_ = length;
  }

  // Guest-physical runs of the next bytes, at most `most` of them: at most `out.size()` runs, `covered` bytes.
  // `write`: they are about to be written. Does not advance. EFAULT if not even the first byte is there. The caller
  // gives them back with `unpin` when the host has done its work.
  Result<u32> segments(bool write, u64 most, std::span<abi::Segment> out, u64& covered);
  void unpin(std::span<const abi::Segment> segments) const {
    if (!kernel_) mm::unpin_segments(segments);
  }

 private:
  enum class Direction { to_buffer, from_buffer, clear };
  IoBuffer(VirtAddr address, u64 length, bool kernel) : one_{address, length}, remaining_(length), kernel_(kernel) {}
  const IoVector& vector() const { return vectors_.empty() ? one_ : vectors_[index_]; }
  Result<u64> transfer(void* memory, u64 length, Direction direction);

  IoVector one_{};  // used when vectors_ is empty
  std::span<const IoVector> vectors_{};
  u64 remaining_ = 0;
  u64 offset_ = 0;  // into vector()
  u32 index_ = 0;
  bool kernel_ = false;
};

}  // namespace baryon::io
