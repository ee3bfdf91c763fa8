// Paths from the guest: copied once into host memory, then checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "kernel/abi/qcall.hpp"

namespace baryon::host {

// A NUL-terminated copy of a path. `assign` may be repeated.
class GuestPath {
 public:
  // Copies `length` bytes that the guest may be changing meanwhile. 0, or -ENAMETOOLONG, -EINVAL (a NUL inside).
  [[nodiscard]] std::int64_t assign(const void* bytes, std::size_t length) noexcept;

  [[nodiscard]] const char* c_str() const noexcept { return text_.data(); }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }
  [[nodiscard]] bool empty() const noexcept { return length_ == 0; }

  // True for a name that cannot leave its directory: no slash, not empty, not "." or "..".
  [[nodiscard]] bool is_name() const noexcept;

  // Splits at the last slash, in place: afterwards c_str() is the parent ("" = the base directory itself, "/" = its
  // root) and the returned pointer is the last component. nullptr when that is no name ("", ".", "..").
  [[nodiscard]] const char* split_last() noexcept;

 private:
  std::array<char, abi::kMaxPath + 2> text_;
  std::size_t length_ = 0;
};

}  // namespace baryon::host
