// A mount: what all paths through it have in common.
#pragma once

#include <atomic>

#include "kernel/base/ref.hpp"
#include "kernel/base/string.hpp"

namespace baryon::fs {

// mount(2)'s flags that stay with a mount.
enum MountFlags : u32 {
  kMountReadOnly = 1,
  kMountNoSetId = 2,
  kMountNoDevices = 4,
  kMountNoExecute = 8,
  kMountNoAtime = 1 << 10,
  kMountNoDirectoryAtime = 1 << 11,
  kMountRelativeAtime = 1 << 21,
  kMountStrictAtime = 1 << 24,
};
inline constexpr u32 kMountKeptFlags = kMountReadOnly | kMountNoSetId | kMountNoDevices | kMountNoExecute |
                                       kMountNoAtime | kMountNoDirectoryAtime | kMountRelativeAtime;

// What mount(2) may say about propagation. There is one mount namespace, so it is remembered and shown, not acted upon;
// but what is unbindable cannot be bound, and nothing moves out of a shared mount.
enum class Propagation : u8 { shared, private_, slave, unbindable };

class Mount final : public RefCounted {
 public:
  Mount(u32 mount_id, u32 initial_flags) : id(mount_id), flags(initial_flags) {}
  const u32 id;
  std::atomic<u32> flags;
  // --- under the mount table's lock ---
  String source;  // as given to mount(2); empty: the file system's own
  Propagation propagation = Propagation::private_;
  u32 peer_group = 0;  // of a shared one
  bool expiring = false;
};

}  // namespace baryon::fs
