// System V IPC's structures as programs see them (asm-generic/ipcbuf.h, shmbuf.h, msgbuf.h).
#pragma once

#include "kernel/arch/api/file_abi.hpp"
#include "kernel/ipc/object.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {

// …ctl(2) commands.
inline constexpr u64 kIpcRemove = 0, kIpcSet = 1, kIpcStat = 2, kIpcInfo = 3, kIpc64 = 0x100;

struct UserPermission {
  i32 key;
  u32 uid, gid, creator_uid, creator_gid, mode;
  u16 sequence, pad;
  u32 pad2;
  u64 unused[2];
};
static_assert(sizeof(UserPermission) == 48);

inline UserPermission to_user(const ipc::Permission& p) {
  return {p.key, p.uid, p.gid, p.creator_uid, p.creator_gid, p.mode, p.sequence, 0, 0, {}};
}
// IPC_SET: owner and the lower nine bits of the mode.
inline Result<void> set_permission(ipc::Permission& p, const UserPermission& wanted) {
  TRY(p.check_owner());
  p.uid = wanted.uid;
  p.gid = wanted.gid;
  p.mode = (p.mode & ~ipc::kModeMask) | (wanted.mode & ipc::kModeMask);
  return {};
}

struct UserSegment {
  UserPermission permission;
  u64 size;
  i64 attach_s, detach_s, change_s;
  u32 creator_pid, last_pid;
  u64 attachments, unused[2];
};
static_assert(sizeof(UserSegment) == 112);
struct UserSegmentLimits {  // struct shminfo64
  u64 most_bytes, least_bytes, most_objects, most_attached, most_pages, unused[4];
};
struct UserSegmentUse {  // struct shm_info
  i32 used_ids, pad;
  u64 total, resident, swapped, swap_attempts, swap_successes;
};

struct UserQueue {
  UserPermission permission;
  i64 send_s, receive_s, change_s;
  u64 bytes, count, most_bytes;
  u32 send_pid, receive_pid;
  u64 unused[2];
};
static_assert(sizeof(UserQueue) == 120);
struct UserQueueLimits {  // struct msginfo
  i32 pool, map, most_message, most_bytes, most_objects, segment_size, headers;
  u16 segments;
};

// struct semid64_ds, in the architecture's form.
template <bool kPadded>
struct UserSemaphores;
template <>
struct UserSemaphores<true> {
  UserPermission permission;
  i64 operation_s;
  u64 pad;
  i64 change_s;
  u64 pad2, count, unused[2];
};
template <>
struct UserSemaphores<false> {
  UserPermission permission;
  i64 operation_s, change_s;
  u64 count, unused[2];
};
using UserSemaphoreSet = UserSemaphores<arch::kSemaphoreTimesArePadded>;
struct UserSemaphoreLimits {  // struct seminfo
  i32 map, most_objects, most_semaphores, most_undo, most_per_set, most_operations, most_undo_entries, undo_size,
      most_value, most_adjust;
};

}  // namespace baryon::syscall
