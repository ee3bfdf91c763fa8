// File structures and flags whose layout differs between architectures.
#pragma once

#include "kernel/abi/qcall.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

// struct stat (include/uapi/asm-generic/stat.h).
struct UserStat {
  u64 device, inode;
  u32 mode, links, uid, gid;
  u64 special_device, pad1, size;
  u32 block_size, pad2;
  u64 blocks;
  u64 access_s, access_ns, modify_s, modify_ns, change_s, change_ns;
  u32 unused[2];
};
static_assert(sizeof(UserStat) == 128);

inline UserStat to_user_stat(const abi::FileStat& s) {
  return {s.device,
          s.inode,
          s.mode,
          s.nlink,
          s.uid,
          s.gid,
          s.special_device,
          0,
          s.size,
          s.block_size,
          0,
          s.blocks,
          static_cast<u64>(s.access_s),
          s.access_ns,
          static_cast<u64>(s.modify_s),
          s.modify_ns,
          static_cast<u64>(s.change_s),
          s.change_ns,
          {}};
}

// struct epoll_event: packed on x86-64 alone (eventpoll.h: EPOLL_PACKED).
struct UserEpollEvent {
  u32 events;
  u64 data;
};
static_assert(sizeof(UserEpollEvent) == 16);

// struct semid64_ds is the generic one.
inline constexpr bool kSemaphoreTimesArePadded = false;

// open(2) flags (arch/arm64/include/uapi/asm/fcntl.h): O_DIRECTORY, O_NOFOLLOW, O_DIRECT and O_LARGEFILE share four
// bits with x86-64, in another order.
constexpr u32 kOpenFlagsDirectory = 0040000, kOpenFlagsNoFollow = 0100000, kOpenFlagsDirect = 0200000,
              kOpenFlagsLargeFile = 0400000;
constexpr u32 kOpenFlagsMoved = 0740000;
// From x86-64's order, the kernel's own (fs/types.hpp), and back.
constexpr u32 to_user_open_flags(u32 flags) {
  return (flags & ~kOpenFlagsMoved) | ((flags & 0040000) != 0 ? kOpenFlagsDirect : 0) |
         ((flags & 0100000) != 0 ? kOpenFlagsLargeFile : 0) | ((flags & 0200000) != 0 ? kOpenFlagsDirectory : 0) |
         ((flags & 0400000) != 0 ? kOpenFlagsNoFollow : 0);
}
constexpr u32 from_user_open_flags(u32 flags) {
  return (flags & ~kOpenFlagsMoved) | ((flags & kOpenFlagsDirect) != 0 ? 0040000 : 0) |
         ((flags & kOpenFlagsLargeFile) != 0 ? 0100000 : 0) | ((flags & kOpenFlagsDirectory) != 0 ? 0200000 : 0) |
         ((flags & kOpenFlagsNoFollow) != 0 ? 0400000 : 0);
}
static_assert(from_user_open_flags(to_user_open_flags(0240000)) == 0240000 && to_user_open_flags(0600000) == 0140000);

}  // namespace baryon::arch
