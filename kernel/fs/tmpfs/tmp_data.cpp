// File contents.
#include <algorithm>
#include <cstring>

#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::fs {

PageMap::~PageMap() { drop(0, ~u64{0}); }

PhysAddr PageMap::find(u64 index) const {
  Node* node = table_.find(hash_word(index), [&](Node& n) { return n.index == index; });
  return node ? node->frame : 0;
}

Result<void> PageMap::insert(u64 index, PhysAddr frame) {
  Node* node = TRY(make<Node>());
  node->index = index;
  node->frame = frame;
  table_.insert(*node, hash_word(index));
  return {};
}

u64 PageMap::drop(u64 first, u64 last) {
  u64 dropped = 0;
  auto release = [&](Node& node) {
    table_.remove(node);
    mm::page_unref(node.frame);
    delete &node;
    ++dropped;
  };
  if (last - first <= table_.size()) {
    for (u64 index = first; index < last; ++index)
      if (Node* node = table_.find(hash_word(index), [&](Node& n) { return n.index == index; })) release(*node);
    return dropped;
  }
  table_.for_each([&](Node& node) {
    if (node.index >= first && node.index < last) release(node);
  });
  return dropped;
}

u64 PageMap::next(u64 from) {
  u64 best = ~u64{0};
  table_.for_each([&](Node& node) {
    if (node.index >= from) best = std::min(best, node.index);
  });
  return best;
}

u64 TmpInode::size() {
  SpinGuard guard(tmp().lock);
  return size_;
}

Result<u64> TmpInode::read(IoBuffer& buffer, u64 offset) {
  u64 done = 0;
  while (buffer.remaining() > 0) {
    PhysAddr frame = 0;
    u64 count;
    const u64 at = offset + done;
    {
      SpinGuard guard(tmp().lock);
      if (at >= size_) break;
      count = std::min({buffer.remaining(), size_ - at, kPageSize - at % kPageSize});
      frame = pages_.find(at / kPageSize);
      if (frame) mm::page_ref(frame);
    }
    auto copied = frame ? buffer.copy_in(mm::phys_to<char>(frame) + at % kPageSize, count) : buffer.clear(count);
    if (frame) mm::page_unref(frame);
    if (!copied.ok()) return done ? Result<u64>(done) : copied.error();
    done += copied.value();
    if (copied.value() < count) break;
  }
  return done;
}

// The page with a reference, allocated as zero if it is a hole.
Result<PhysAddr> TmpInode::page_for_write(u64 index, Result<void>&) {
  PhysAddr fresh = 0;
  for (;;) {
    {
      SpinGuard guard(tmp().lock);
      PhysAddr frame = pages_.find(index);
      if (!frame && fresh) {
        if (tmp().pages_used >= tmp().page_limit) {
          mm::page_unref(fresh);
          return Errno::nospc;
        }
        auto inserted = pages_.insert(index, fresh);
        if (!inserted.ok()) {
          mm::page_unref(fresh);
          return Errno::nospc;
        }
        ++tmp().pages_used;
        frame = fresh;
        fresh = 0;
      }
      if (frame) {
        mm::page_ref(frame);
        if (fresh) mm::page_unref(fresh);
        return frame;
      }
    }
    auto allocated = mm::allocate_page(mm::Fill::zero);
    if (!allocated.ok()) return Errno::nospc;
    fresh = allocated.value();
  }
}

Result<u64> TmpInode::write(IoBuffer& buffer, u64& offset, bool append) {
  if (buffer.remaining() == 0) return u64{0};
  {
    SpinGuard guard(tmp().lock);
    if (seals_ & (kSealWrite | kSealFutureWrite)) return Errno::perm;
    if (append) offset = size_;
    if (seals_ & kSealGrow && offset + buffer.remaining() > size_) {
      if (offset >= size_) return Errno::perm;
      buffer.limit(size_ - offset);
    }
  }
  if (offset >= kMaxFileSize) return Errno::fbig;
  buffer.limit(kMaxFileSize - offset);
  u64 done = 0;
  Result<void> failure;
  while (buffer.remaining() > 0) {
    const u64 at = offset + done;
    const u64 count = std::min(buffer.remaining(), kPageSize - at % kPageSize);
    auto frame = page_for_write(at / kPageSize, failure);
    if (!frame.ok()) {
      failure = frame.error();
      break;
    }
    auto copied = buffer.copy_out(mm::phys_to<char>(frame.value()) + at % kPageSize, count);
    mm::page_unref(frame.value());
    if (!copied.ok()) {
      failure = copied.error();
      break;
    }
    done += copied.value();
    SpinGuard guard(tmp().lock);
    size_ = std::max(size_, offset + done);
    if (copied.value() < count) break;
  }
  if (done == 0 && !failure.ok()) return failure.error();
  SpinGuard guard(tmp().lock);
  touch(true);
  if (mode_ & 06000) mode_ &= ~06000u;
  return done;
}

Result<void> TmpInode::resize(u64 size) {
  if (is_directory()) return Errno::isdir;
  if (type() != kRegular) return Errno::inval;
  if (size > kMaxFileSize) return Errno::inval;
  SpinGuard guard(tmp().lock);
  if (size < size_ && seals_ & kSealShrink) return Errno::perm;
  if (size > size_ && seals_ & kSealGrow) return Errno::perm;
  if (size < size_) {
    tmp().pages_used -= pages_.drop((size + kPageSize - 1) / kPageSize, ~u64{0});
    if (size % kPageSize)
      if (PhysAddr frame = pages_.find(size / kPageSize))
        std::memset(mm::phys_to<char>(frame) + size % kPageSize, 0, kPageSize - size % kPageSize);
  }
  size_ = size;
  touch(true);
  return {};
}

Result<void> TmpInode::allocate(u32 mode, u64 offset, u64 length) {
  constexpr u32 kKeepSize = 1, kPunchHole = 2, kZeroRange = 16;
  const u64 end = offset + length;
  if (mode == (kPunchHole | kKeepSize) || (mode & ~kKeepSize) == kZeroRange) {
    SpinGuard guard(tmp().lock);
    if (seals_ & (kSealWrite | kSealFutureWrite)) return Errno::perm;
    const u64 first = (offset + kPageSize - 1) / kPageSize, last = end / kPageSize;
    auto clear = [&](u64 from, u64 to) {
      if (from >= to) return;
      if (PhysAddr frame = pages_.find(from / kPageSize))
        std::memset(mm::phys_to<char>(frame) + from % kPageSize, 0, to - from);
    };
    if (first > last) {
      clear(offset, end);
    } else {
      clear(offset, first * kPageSize);
      clear(last * kPageSize, end);
      if (first < last) tmp().pages_used -= pages_.drop(first, last);
    }
    if (!(mode & kKeepSize)) size_ = std::max(size_, end);
    touch(true);
    return {};
  }
  if (mode & ~kKeepSize) return Errno::opnotsupp;
  Result<void> unused;
  {
    SpinGuard guard(tmp().lock);
    if (seals_ & kSealGrow && end > size_) return Errno::perm;
    if ((end - offset) / kPageSize > tmp().page_limit) return Errno::nospc;
  }
  for (u64 index = offset / kPageSize; index * kPageSize < end; ++index)
    mm::page_unref(TRY(page_for_write(index, unused)));
  SpinGuard guard(tmp().lock);
  if (!(mode & kKeepSize)) size_ = std::max(size_, end);
  touch(true);
  return {};
}

Result<u64> TmpInode::seek_data(u64 offset, bool hole) {
  SpinGuard guard(tmp().lock);
  if (offset >= size_) return Errno::nxio;
  u64 index = offset / kPageSize;
  if (hole) {
    while (index * kPageSize < size_ && pages_.find(index)) ++index;
  } else {
    index = pages_.next(index);
    if (index == ~u64{0} || index * kPageSize >= size_) return Errno::nxio;
  }
  return std::min(std::max(offset, index * kPageSize), size_);
}

Result<PhysAddr> TmpInode::page(u64 index, bool) {
  if (index * kPageSize >= align_up(size(), kPageSize)) return Errno::io;
  Result<void> unused;
  auto frame = page_for_write(index, unused);
  if (!frame.ok()) return Errno::nomem;
  return frame;
}

}  // namespace baryon::fs
