#include "hypervisor/files/path.hpp"

#include <cerrno>
#include <cstring>

namespace baryon::host {
namespace {

bool is_dot_or_dot_dot(const char* name) { return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0; }

}  // namespace

std::int64_t GuestPath::assign(const void* bytes, std::size_t length) noexcept {
  length_ = 0;
  text_[0] = '\0';
  if (length > abi::kMaxPath) return -ENAMETOOLONG;
  if (length != 0) std::memcpy(text_.data(), bytes, length);
  // What is checked below is the copy: the compiler must not read the guest's bytes again.
  asm volatile("" ::: "memory");
  text_[length] = '\0';
  if (std::memchr(text_.data(), '\0', length) != nullptr) {
    text_[0] = '\0';
    return -EINVAL;
  }
  length_ = length;
  return 0;
}

bool GuestPath::is_name() const noexcept {
  return length_ != 0 && std::memchr(text_.data(), '/', length_) == nullptr && !is_dot_or_dot_dot(text_.data());
}

const char* GuestPath::split_last() noexcept {
  char* slash = static_cast<char*>(::memrchr(text_.data(), '/', length_));
  if (slash == nullptr) {
    if (!is_name()) return nullptr;
    // Shift by one byte so that parent "" and the name both fit, NUL-terminated.
    std::memmove(text_.data() + 1, text_.data(), length_ + 1);
    text_[0] = '\0';
    length_ = 0;
    return text_.data() + 1;
  }
  char* name = slash + 1;
  if (*name == '\0' || is_dot_or_dot_dot(name)) return nullptr;
  if (slash == text_.data()) {
    // "/name": the parent is "/". Move the name one byte up to make room for the terminator.
    const std::size_t name_length = length_ - 1;
    std::memmove(name + 1, name, name_length + 1);
    *name = '\0';
    length_ = 1;
    return name + 1;
  }
  *slash = '\0';
  length_ = static_cast<std::size_t>(slash - text_.data());
  return name;
}

}  // namespace baryon::host
