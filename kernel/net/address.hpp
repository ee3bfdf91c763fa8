// A socket address as programs see it: struct sockaddr with its length.
#pragma once

#include <cstring>
#include <string_view>

#include "kernel/base/types.hpp"

namespace baryon::net {

inline constexpr u32 kAddressMost = 128;  // struct sockaddr_storage

// What identifies a named socket in the file system, whatever path leads to it.
struct Inode {
  u64 device = 0, number = 0;
  bool operator==(const Inode&) const = default;
};

struct Address {
  u32 length = 0;  // 0: none
  u8 bytes[kAddressMost] = {};
  // AF_UNIX with a path: the socket's inode, found (or made) by the caller; the path in `bytes` is only shown.
  Inode inode;

  u32 family() const {
    u16 value = 0;
    if (length >= sizeof value) std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  void set_family(u32 family) {
    const u16 value = static_cast<u16>(family);
    std::memcpy(bytes, &value, sizeof value);
    if (length < sizeof value) length = sizeof value;
  }
  // What follows the family.
  std::string_view tail() const {
    return length > 2 ? std::string_view(reinterpret_cast<const char*>(bytes) + 2, length - 2) : std::string_view();
  }
  // AF_UNIX: a name in the abstract name space begins with a NUL (unix(7)).
  bool is_abstract() const { return length > 2 && bytes[2] == 0; }
  bool is_path() const { return length > 2 && bytes[2] != 0; }
  // The path without what follows its NUL.
  std::string_view path() const {
    std::string_view text = tail();
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == 0) return text.substr(0, i);
    return text;
  }
};

inline constexpr u32 kUnixAddressMost = 110;  // struct sockaddr_un

}  // namespace baryon::net
