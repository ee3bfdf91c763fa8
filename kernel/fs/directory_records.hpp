// Packing of directory entries for getdents64(2) and getdents(2).
#pragma once

#include <cstring>

#include "kernel/fs/inode.hpp"

namespace baryon::fs {

// struct linux_dirent64, or the old linux_dirent with the type in the record's last byte. Records are multiples of 8.
class DirectoryRecords final : public DirectorySink {
 public:
  DirectoryRecords(u8* out, u64 size, bool old_format) : out_(out), size_(size), old_(old_format) {}
  bool entry(std::string_view name, u64 inode, u8 type, u64 next_cookie) override {
    const u64 header = old_ ? 18 : 19;
    const u64 length = align_up(header + name.size() + (old_ ? 2 : 1), 8);
    if (used_ + length > size_) {
      full_ = true;
      return false;
    }
    u8* record = out_ + used_;
    std::memset(record, 0, length);
    const u16 record_length = static_cast<u16>(length);
    std::memcpy(record, &inode, 8);
    std::memcpy(record + 8, &next_cookie, 8);
    std::memcpy(record + 16, &record_length, 2);
    if (!old_) record[18] = type;
    std::memcpy(record + header, name.data(), name.size());
    if (old_) record[length - 1] = type;
    used_ += length;
    return true;
  }
  u64 used() const { return used_; }
  bool full() const { return full_; }  // an entry did not fit

 private:
  u8* const out_;
  const u64 size_;
  const bool old_;
  u64 used_ = 0;
  bool full_ = false;
};

}  // namespace baryon::fs
