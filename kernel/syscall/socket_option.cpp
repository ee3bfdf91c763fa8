// setsockopt(2) and getsockopt(2).
#include <algorithm>

#include "kernel/syscall/socket_support.hpp"

namespace baryon::syscall {

Result<u64> sys_setsockopt(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  const i32 given = static_cast<i32>(c.arg[4]);
  if (given < 0) return Errno::inval;
  // No option here is longer; a filter (SO_ATTACH_FILTER) is a pointer and refused by its name.
  u8 bytes[net::OptionValue::kMost];
  const u32 length = std::min<u32>(static_cast<u32>(given), sizeof bytes);
  if (length > 0 && !arch::copy_from_user(bytes, c.arg[3], length)) return Errno::fault;
  TRY(at->set_option(static_cast<i32>(c.arg[1]), static_cast<i32>(c.arg[2]), {bytes, length}));
  return u64{0};
}

Result<u64> sys_getsockopt(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  const i32 room = TRY(copy_in<i32>(c.arg[4]));
  if (room < 0) return Errno::inval;
  net::OptionValue value = TRY(at->get_option(static_cast<i32>(c.arg[1]), static_cast<i32>(c.arg[2])));
  const u32 length = std::min(static_cast<u32>(room), value.length);
  if (length > 0 && !arch::copy_to_user(c.arg[3], value.bytes, length)) return Errno::fault;
  TRY(copy_out(c.arg[4], length));
  return u64{0};
}

}  // namespace baryon::syscall
