// Argument and environment strings of execve(2), copied from the program.
#pragma once

#include <span>

#include "kernel/base/string.hpp"
#include "kernel/base/vector.hpp"

namespace baryon::syscall {

// Strings in blocks of memory, and pointers to them.
class ArgumentStrings {
 public:
  ArgumentStrings() = default;
  ArgumentStrings(const ArgumentStrings&) = delete;
  ArgumentStrings& operator=(const ArgumentStrings&) = delete;
  ~ArgumentStrings() { clear(); }

  // An array of user pointers that ends with a null pointer; a null array is an empty one. At most `limit` bytes,
  // pointers included. Errors: fault, toobig, nomem.
  Result<void> copy(VirtAddr array, u64 limit);
  Result<void> append(std::string_view text);
  // Replaces the first string by these (a script's interpreter takes the place of argv[0]).
  Result<void> replace_first(std::span<const std::string_view> texts);
  // Good until the next change.
  std::span<const char* const> pointers() const { return {strings_.data(), strings_.size()}; }
  u64 count() const { return strings_.size(); }
  u64 bytes() const { return bytes_; }

 private:
  void clear();

  Vector<const char*> strings_;  // in the blocks
  Vector<char*> blocks_;
  u64 used_ = 0, size_ = 0;  // of the last block
  u64 bytes_ = 0;
};

}  // namespace baryon::syscall
