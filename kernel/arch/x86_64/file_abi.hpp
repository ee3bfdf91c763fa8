// File structures and flags whose layout differs between architectures.
#pragma once

#include "kernel/abi/qcall.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

// struct stat (arch/x86/include/uapi/asm/stat.h).
struct UserStat {
  u64 device, inode, links;
  u32 mode, uid, gid, pad;
  u64 special_device, size, block_size, blocks;
  u64 access_s, access_ns, modify_s, modify_ns, change_s, change_ns;
  u64 unused[3];
};
static_assert(sizeof(UserStat) == 144);

inline UserStat to_user_stat(const abi::FileStat& s) {
  return {s.device,    s.inode,
          s.nlink,     s.mode,
          s.uid,       s.gid,
          0,           s.special_device,
          s.size,      s.block_size,
          s.blocks,    static_cast<u64>(s.access_s),
          s.access_ns, static_cast<u64>(s.modify_s),
          s.modify_ns, static_cast<u64>(s.change_s),
          s.change_ns, {}};
}

// struct epoll_event is packed on x86-64 alone (eventpoll.h: EPOLL_PACKED).
struct __attribute__((packed)) UserEpollEvent {
  u32 events;
  u64 data;
};
static_assert(sizeof(UserEpollEvent) == 12);

// struct semid64_ds has a word after each time (arch/x86/include/uapi/asm/sembuf.h).
inline constexpr bool kSemaphoreTimesArePadded = true;

// open(2) flags: the kernel's own are x86-64's (fs/types.hpp).
constexpr u32 to_user_open_flags(u32 flags) { return flags; }
constexpr u32 from_user_open_flags(u32 flags) { return flags; }

}  // namespace baryon::arch
