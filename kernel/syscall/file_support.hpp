// What the file system calls share: descriptors, paths and vectors from the program.
#pragma once

#include <string_view>

#include "kernel/fs/context.hpp"
#include "kernel/fs/io_buffer.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {

inline Result<Ref<fs::File>> file_at(u64 fd) { return fs::current_files().get(static_cast<u32>(fd)); }

// A path argument, copied. EFAULT, ENAMETOOLONG.
class UserPath {
 public:
  static Result<UserPath> copy(VirtAddr from);
  UserPath(UserPath&& other) noexcept : text_(std::exchange(other.text_, nullptr)), length_(other.length_) {}
  UserPath& operator=(UserPath&&) = delete;
  ~UserPath() { heap_free(text_); }
  std::string_view view() const { return {text_, length_}; }
  bool empty() const { return length_ == 0; }

 private:
  explicit UserPath(char* text) : text_(text) {}
  char* text_;
  u64 length_ = 0;
};

// Where a path starts: the root for absolute ones, the working directory for AT_FDCWD, else the directory behind
// `dirfd` (EBADF, ENOTDIR).
Result<fs::Place> place_of(u64 dirfd, std::string_view path);

// The object that (dirfd, path, AT_* flags) names; AT_EMPTY_PATH with an empty path: the descriptor's.
struct Target {
  Ref<fs::Dentry> dentry;  // null when `file` has none
  Ref<fs::File> file;      // with an empty path only
  fs::FoundStatus found;   // if the walk learnt it
};
Result<Target> target_of(u64 dirfd, VirtAddr path, u64 flags, bool follow);
Result<void> stat_target(const Target& target, abi::FileStat& out);

// iovec arrays of readv(2) and friends: at most IOV_MAX, lengths summed to at most kMaxTransfer.
class UserVectors {
 public:
  static Result<UserVectors> copy(VirtAddr from, u64 count);
  UserVectors(UserVectors&& other) noexcept : heap_(std::exchange(other.heap_, nullptr)), count_(other.count_) {
    for (u64 i = 0; i < kInline; ++i) inline_[i] = other.inline_[i];
  }
  ~UserVectors() { heap_free(heap_); }
  fs::IoBuffer buffer() const {
    return fs::IoBuffer::user(std::span<const fs::IoVector>(heap_ ? heap_ : inline_, count_));
  }
  std::span<const fs::IoVector> span() const { return {heap_ ? heap_ : inline_, count_}; }

 private:
  static constexpr u64 kInline = 8;
  UserVectors() = default;
  fs::IoVector inline_[kInline];
  fs::IoVector* heap_ = nullptr;
  u64 count_ = 0;
};

}  // namespace baryon::syscall
