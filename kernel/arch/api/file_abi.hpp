// File structures and flags of the program's ABI that differ between architectures.
//
// An architecture provides, in namespace baryon::arch:
//   struct UserStat, UserStat to_user_stat(const abi::FileStat&)   stat(2)
//   struct UserEpollEvent { u32 events; u64 data; }                epoll_wait(2)
//   u32 from_user_open_flags(u32), u32 to_user_open_flags(u32)     open(2) flags to the kernel's own (x86-64's) and
//   back
#pragma once

#include <concepts>

#include <arch/file_abi.hpp>

namespace baryon::arch {
static_assert(requires(const abi::FileStat& s, UserEpollEvent e) {
  { to_user_stat(s) } -> std::same_as<UserStat>;
  { e.events + e.data } -> std::convertible_to<u64>;
  { to_user_open_flags(from_user_open_flags(0u)) } -> std::same_as<u32>;
});
}  // namespace baryon::arch
