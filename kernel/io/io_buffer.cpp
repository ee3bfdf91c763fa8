#include "kernel/io/io_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/mm/address_space.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::io {

IoBuffer IoBuffer::user(std::span<const IoVector> vectors) {
  IoBuffer buffer(0, 0, false);
  buffer.vectors_ = vectors;
  for (const IoVector& v : vectors) buffer.remaining_ += v.length;
  return buffer;
}

void IoBuffer::advance(u64 length) {
  DEBUG_ENSURE(length <= remaining_);
  remaining_ -= length;
  offset_ += length;
  if (vectors_.empty()) return;
  while (index_ + 1 < vectors_.size() && offset_ >= vector().length) {
    offset_ -= vector().length;
    ++index_;
  }
}

Result<u64> IoBuffer::transfer(void* memory, u64 length, Direction direction) {
  length = std::min(length, remaining_);
  u64 done = 0;
  auto user_copy = [&](VirtAddr at, void* kernel, u64 n) {
    switch (direction) {
      case Direction::to_buffer: return arch::copy_to_user(at, kernel, n);
      case Direction::from_buffer: return arch::copy_from_user(kernel, at, n);
      case Direction::clear: return arch::clear_user(at, n);
    }
    return false;
  };
  while (done < length) {
    const u64 n = std::min(length - done, vector().length - offset_);
    const VirtAddr at = vector().base + offset_;
    char* const kernel = memory ? static_cast<char*>(memory) + done : nullptr;
    if (n == 0) {  // an empty vector
      advance(0);
      if (vector().length == offset_) break;
      continue;
    }
    if (kernel_) {
      if (direction == Direction::to_buffer) std::memmove(reinterpret_cast<void*>(at), kernel, n);
      else if (direction == Direction::from_buffer) std::memmove(kernel, reinterpret_cast<const void*>(at), n);
      else std::memset(reinterpret_cast<void*>(at), 0, n);
    } else if (!user_copy(at, kernel, n)) {
      // The routines do not say how far they came: go on page by page up to the fault.
      u64 good = 0;
      while (good < n) {
        const u64 step = std::min(n - good, kPageSize - ((at + good) & (kPageSize - 1)));
        if (!user_copy(at + good, kernel ? kernel + good : nullptr, step)) break;
        good += step;
      }
      advance(good);
      done += good;
      if (done == 0) return Errno::fault;
      return done;
    }
    advance(n);
    done += n;
  }
  return done;
}

Result<u32> IoBuffer::segments(bool write, u64 most, std::span<abi::Segment> out, u64& covered) {
  most = std::min(most, remaining_);
  covered = 0;
  u32 count = 0;
  if (kernel_) {
    out[0] = {mm::virt_to_phys(reinterpret_cast<const void*>(one_.base + offset_)), static_cast<u32>(most), 0};
    covered = most;
    return 1u;
  }
  u32 index = index_;
  u64 offset = offset_;
  while (covered < most && count < out.size()) {
    const IoVector& v = vectors_.empty() ? one_ : vectors_[index];
    const u64 n = std::min(most - covered, v.length - offset);
    if (n > 0) {
      u64 got = 0;
      auto result = sched::current_process().space().segments(v.base + offset, n, write, out.subspan(count), got);
      if (!result.ok()) {
        if (covered == 0) return result.error();
        break;
      }
      count += result.take();
      covered += got;
      if (got < n) break;
    }
    if (vectors_.empty() || ++index >= vectors_.size()) break;
    offset = 0;
  }
  return count;
}

}  // namespace baryon::io
