// A fixed queue of bytes. Its owner does the locking.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::fs {

template <u32 kSize>
class ByteRing {
  static_assert((kSize & (kSize - 1)) == 0);

 public:
  u32 used() const { return used_; }
  u32 space() const { return kSize - used_; }
  bool put(u8 byte) {
    if (used_ == kSize) return false;
    bytes_[(head_ + used_++) % kSize] = byte;
    return true;
  }
  // Takes up to `size` bytes; returns how many.
  u32 take(u8* out, u32 size) {
    u32 count = 0;
    for (; count < size && used_ > 0; ++count, --used_) {
      out[count] = bytes_[head_];
      head_ = (head_ + 1) % kSize;
    }
    return count;
  }
  void clear() { head_ = used_ = 0; }

 private:
  u8 bytes_[kSize];
  u32 head_ = 0, used_ = 0;
};

}  // namespace baryon::fs
