// What the parts of the strace formatter share.
#pragma once

#include "kernel/syscall/strace_format.hpp"

namespace baryon::syscall::strace {

inline constexpr u32 kShownBytes = 32;    // of a buffer, as strace -s 32
inline constexpr u32 kShownElements = 8;  // of an array
inline constexpr u32 kShownPath = 255;

// A finished call on its way into a line.
struct Call {
  Line& out;
  const u64 (&arg)[6];
  i64 result;
  ReadMemory read;
  bool failed() const { return result < 0 && result >= -4095; }

  template <class T>
  bool load(T& value, VirtAddr from) const {
    return from != 0 && read(&value, from, sizeof value);
  }
};

// One entry of a format string.
struct Entry {
  std::string_view name, operand;
  bool filled_by_call = false;
  // The operand as an argument's index; `otherwise` when there is none.
  u32 index(u32 otherwise) const {
    return operand.size() == 1 && operand[0] >= '0' && operand[0] <= '5' ? static_cast<u32>(operand[0] - '0')
                                                                         : otherwise;
  }
};

// --- strace_format_names.cpp ---
void show_flags(Line& out, std::string_view set, u64 value);  // an unknown set: hexadecimal
void show_enum(Line& out, std::string_view set, u64 value);
void show_signal(Line& out, u64 number);
// "ENOENT (No such file or directory)"; false: unknown.
bool show_errno(Line& out, int number);

// --- strace_format_structs.cpp: true if `entry` names a struct, whether or not it could be read ---
bool show_struct(const Call& call, const Entry& entry, u32 index);
void show_mode(Line& out, u32 mode);  // st_mode
void show_timespec(const Call& call, VirtAddr from);

// --- strace_format_buffers.cpp ---
void show_bytes(const Call& call, VirtAddr from, u64 length);
void show_path(const Call& call, VirtAddr from);
// `total`: bytes that the call moved; ~0: as many as the iovecs describe.
void show_iovecs(const Call& call, VirtAddr from, u64 count, u64 total);

// --- strace_format_sockets.cpp: true if `entry` is an address, a message or an option
bool show_socket(const Call& call, const Entry& entry, u32 index);

// --- strace_format_operations.cpp: true if `entry` took the rest of the arguments ---
bool show_operation(const Call& call, const Entry& entry, u32 index);

}  // namespace baryon::syscall::strace
