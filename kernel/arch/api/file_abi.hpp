// File structures of the program's ABI that differ between architectures.
//
// An architecture provides, in namespace baryon::arch:
//   struct UserStat, UserStat to_user_stat(const abi::FileStat&)   stat(2)
//   struct UserEpollEvent { u32 events; u64 data; }                epoll_wait(2)
#pragma once

#include <concepts>

#include <arch/file_abi.hpp>

namespace baryon::arch {
static_assert(requires(const abi::FileStat& s, UserEpollEvent e) {
  { to_user_stat(s) } -> std::same_as<UserStat>;
  { e.events + e.data } -> std::convertible_to<u64>;
});
}  // namespace baryon::arch
