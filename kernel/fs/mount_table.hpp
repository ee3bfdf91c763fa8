// The mount table: what is mounted where, and the calls that change it (mount(2), umount2(2), pivot_root(2)).
//
// There is one mount namespace. All calls may block; the callers have checked privileges. A table's entry is the root
// dentry of a mount, which knows its mount point and its Mount.
#pragma once

#include <string_view>

#include "kernel/base/vector.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::fs {

// Takes down what is mounted and starts again with this root. Called before anything else here is used.
void mount_root(Ref<Dentry> root);
// Mounts `inode` (a directory, or a file for a file bind) at an absolute path at boot. Directories that are missing on
// the way are made up.
Result<void> mount(std::string_view path, Ref<Inode> inode);

// Mounts in the order in which they were made.
Result<Vector<Ref<Dentry>>> mounts();

// All of the following take places as a walk finds them: the top of what is mounted there.
// ENOTDIR where one is a directory and the other is not; ENOENT where the target was removed; ENOSPC.
Result<void> mount_on(Ref<Dentry> target, Ref<Inode> inode, u32 flags, std::string_view source);
// EINVAL for an unbindable source.
Result<void> bind_mount(Ref<Dentry> source, Ref<Dentry> target, bool recursive);
// The rest: EINVAL unless the place is a mount's root.
Result<void> move_mount(Ref<Dentry> from, Ref<Dentry> target);  // ELOOP
Result<void> remount(Dentry& place, u32 flags);                 // EROFS: the file system itself is read-only
Result<void> set_propagation(Dentry& place, Propagation how, bool recursive);
enum UnmountFlags : u32 { kUnmountForce = 1, kUnmountDetach = 2, kUnmountExpire = 4, kUnmountNoFollow = 8 };
Result<void> unmount(Ref<Dentry> place, u32 flags);  // EBUSY, EAGAIN
// The caller's root moves to `put_old`, `new_root` takes its place, for all who had it. EBUSY, EINVAL.
Result<void> pivot_root(Ref<Dentry> new_root, Ref<Dentry> put_old);

// A new file system by mount(2)'s type and options. ENODEV, EINVAL.
Result<Ref<Inode>> make_file_system(std::string_view type, std::string_view options, bool read_only);

}  // namespace baryon::fs
