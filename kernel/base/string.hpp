// Owned byte strings whose growth can fail, always NUL-terminated.
#pragma once

#include <cstdarg>
#include <cstring>
#include <string_view>
#include <utility>

#include "kernel/base/format.hpp"
#include "kernel/base/heap.hpp"

namespace baryon {

class String {
 public:
  constexpr String() = default;
  String(String&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  String& operator=(String&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~String() { heap_free(data_); }

  static Result<String> copy(std::string_view text) {
    String s;
    TRY(s.append(text));
    return s;
  }

  std::string_view view() const { return {data_ ? data_ : "", size_}; }
  operator std::string_view() const { return view(); }
  const char* c_str() const { return data_ ? data_ : ""; }
  const char* data() const { return c_str(); }
  u32 size() const { return size_; }
  u32 capacity() const { return data_ ? capacity_ : 0; }
  bool empty() const { return size_ == 0; }

  // After failure nothing has changed.
  Result<void> reserve(u32 size) {
    if (data_ && size <= capacity_) return {};
    u32 capacity = size < 15 ? 15 : size;
    if (capacity_ && capacity < capacity_ * 2) capacity = capacity_ * 2;
    auto* grown = static_cast<char*>(heap_allocate(capacity + 1));
    if (!grown) return Errno::nomem;
    if (size_) std::memcpy(grown, data_, size_);
    grown[size_] = 0;
    heap_free(data_);
    data_ = grown;
    capacity_ = capacity;
    return {};
  }
  Result<void> append(std::string_view text) {
    if (text.size() > 0x3fff'ffffu - size_) return Errno::nomem;
    TRY(reserve(size_ + static_cast<u32>(text.size())));
    if (!text.empty()) std::memmove(data_ + size_, text.data(), text.size());
    size_ += static_cast<u32>(text.size());
    data_[size_] = 0;
    return {};
  }
  Result<void> append(char c) { return append(std::string_view(&c, 1)); }
  // At most 255 bytes a call (format.hpp's printf subset).
  Result<void> appendf(const char* format_text, ...) __attribute__((format(printf, 2, 3))) {
    char line[256];
    va_list arguments;
    va_start(arguments, format_text);
    std::size_t length = vformat(line, sizeof line, format_text, arguments);
    va_end(arguments);
    return append(std::string_view(line, length));
  }
  void truncate(u32 size) {
    if (size < size_) {
      size_ = size;
      data_[size_] = 0;
    }
  }

 private:
  char* data_ = nullptr;
  u32 size_ = 0;
  u32 capacity_ = 0;
};

// 32-bit FNV-1a: names in directories. Not resistant to chosen collisions; a program can slow down
// only its own sandbox.
constexpr u32 hash_bytes(std::string_view text) {
  u32 h = 2166136261u;
  for (char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h;
}
constexpr u32 hash_word(u64 value) {
  value *= 0x9e3779b97f4a7c15ull;
  return static_cast<u32>(value >> 32);
}

}  // namespace baryon
