// Control messages (cmsg(3)) of sendmsg(2) and recvmsg(2).
#pragma once

#include "kernel/syscall/socket_support.hpp"

namespace baryon::syscall {

struct ControlHeader {
  u64 length;  // this header included
  i32 level, type;
};
static_assert(sizeof(ControlHeader) == 16);

inline constexpr u64 kControlMost = 4096;  // bytes that one call may bring

// Reads what the program sends along. Descriptors become references, credentials are checked (EPERM), messages of
// other levels are kept as they are in `rest` for the transport. EINVAL for what is malformed.
struct SentControl {
  net::Rights rights;
  net::Identity identity;
  Vector<u8> rest;
};
Result<void> load_control(VirtAddr from, u64 length, SentControl& out);

// Writes what was received into the program's buffer. Descriptors are installed as far as there is room; the others
// are dropped and `flags` gets MSG_CTRUNC. Returns how much of the buffer is used.
Result<u64> store_control(net::ReceiveRequest& received, std::span<const u8> rest, VirtAddr to, u64 length,
                          u32 call_flags, u32& flags);

}  // namespace baryon::syscall
