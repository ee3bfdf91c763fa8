// User and group identities of a process. Programs run as root with a container's capabilities.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::sched {

inline constexpr u32 kMaxGroups = 32;

// Docker's default capability set (CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP,
// NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP): bits of capability(7).
inline constexpr u64 kContainerCapabilities = 0xa80425fb;

struct Credentials {
  u32 uid = 0, euid = 0, suid = 0, fsuid = 0;
  u32 gid = 0, egid = 0, sgid = 0, fsgid = 0;
  u32 group_count = 0;
  u32 groups[kMaxGroups] = {};
  u64 permitted = kContainerCapabilities;
  u64 effective = kContainerCapabilities;
  u64 inheritable = 0;
  u64 bounding = kContainerCapabilities;
  u64 ambient = 0;
};

}  // namespace baryon::sched
