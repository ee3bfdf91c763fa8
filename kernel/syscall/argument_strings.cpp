#include "kernel/syscall/argument_strings.hpp"

#include <algorithm>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/exec/stack_image.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {
namespace {
constexpr u64 kBlock = 16 << 10;
}  // namespace

void ArgumentStrings::clear() {
  for (char* block : blocks_) heap_free(block);
  blocks_.clear();
  strings_.clear();
  used_ = size_ = bytes_ = 0;
}

Result<void> ArgumentStrings::append(std::string_view text) {
  const u64 length = text.size() + 1;
  if (length > size_ - used_) {
    const u64 size = std::max(length, kBlock);
    TRY(blocks_.reserve(blocks_.size() + 1));
    char* block = static_cast<char*>(heap_allocate(size));
    if (block == nullptr) return Errno::nomem;
    TRY(blocks_.push_back(block));
    used_ = 0;
    size_ = size;
  }
  char* at = blocks_.back() + used_;
  TRY(strings_.push_back(at));
  std::memcpy(at, text.data(), text.size());
  at[text.size()] = 0;
  used_ += length;
  bytes_ += length + sizeof(char*);
  return {};
}

Result<void> ArgumentStrings::copy(VirtAddr array, u64 limit) {
  constexpr u64 kPiece = 1024;
  char piece[kPiece];
  for (VirtAddr at = array; array != 0; at += sizeof(VirtAddr)) {
    const VirtAddr from = TRY(copy_in<VirtAddr>(at));
    if (from == 0) break;
    // Most strings are short; longer ones are collected first.
    i64 got = arch::string_from_user(piece, from, kPiece);
    if (got < 0) return Errno::fault;
    std::string_view text(piece, static_cast<u64>(got));
    String whole;
    while (got == static_cast<i64>(kPiece)) {
      TRY(whole.append(std::string_view(piece, kPiece)));
      if (whole.size() >= exec::kLongestArgument) return Errno::toobig;
      got = arch::string_from_user(piece, from + whole.size(), kPiece);
      if (got < 0) return Errno::fault;
      if (got < static_cast<i64>(kPiece)) {
        TRY(whole.append(std::string_view(piece, static_cast<u64>(got))));
        text = whole.view();
      }
    }
    if (text.size() >= exec::kLongestArgument || bytes_ + text.size() > limit) return Errno::toobig;
    TRY(append(text));
  }
  return {};
}

Result<void> ArgumentStrings::replace_first(std::span<const std::string_view> texts) {
  ArgumentStrings changed;
  for (std::string_view text : texts) TRY(changed.append(text));
  for (u64 i = 1; i < strings_.size(); ++i) TRY(changed.append(strings_[i]));
  std::swap(strings_, changed.strings_);
  std::swap(blocks_, changed.blocks_);
  std::swap(used_, changed.used_);
  std::swap(size_, changed.size_);
  std::swap(bytes_, changed.bytes_);
  return {};
}

}  // namespace baryon::syscall
