// User and group identities of a process. Programs run as root with a container's capabilities.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::sched {

inline constexpr u32 kMaxGroups = 32;

// capability(7): the bits of the sets below that somebody here asks for.
enum class Capability : u32 {
  chown = 0,
  dac_override = 1,
  dac_read_search = 2,
  fowner = 3,
  fsetid = 4,
  kill = 5,
  setgid = 6,
  setuid = 7,
  setpcap = 8,
  net_bind_service = 10,
  ipc_owner = 15,
  sys_chroot = 18,
  sys_ptrace = 19,
  sys_admin = 21,
  sys_resource = 24,
  mknod = 27,
  setfcap = 31,
};

// Docker's default capability set (CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP,
// NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP): bits of capability(7).
inline constexpr u64 kContainerCapabilities = 0xa80425fb;

constexpr bool includes(u64 capabilities, Capability what) {
  return (capabilities >> static_cast<u32>(what) & 1) != 0;
}

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

  bool can(Capability what) const { return includes(effective, what); }
  // Among the supplementary groups; the primary one is the caller's choice of gid, egid or fsgid.
  bool lists_group(u32 group) const {
    for (u32 i = 0; i < group_count; ++i)
      if (groups[i] == group) return true;
    return false;
  }
};

}  // namespace baryon::sched
