// Paths to objects: walking, mounting, and the operations that take paths.
//
// Walking resolves "..", symbolic links and mount points in the guest. Where no mount lies below, hostfs is
// asked for the whole rest of the path in one QCall that refuses symbolic links on the way; if there is one, the
// walk goes step by step, so that an absolute link leads through the guest's mounts and never the host's.
// The host confines every step to the mount's directory in any case: what races here can only be wrong for the
// sandbox itself.
#pragma once

#include <string_view>

#include "kernel/fs/dentry.hpp"
#include "kernel/fs/file.hpp"

namespace baryon::fs {

// A process's view of the tree.
struct Place {
  Ref<Dentry> root;
  Ref<Dentry> start;  // where relative paths begin
};

enum WalkFlags : u32 {
  kWalkFollow = 1,         // follow a symbolic link at the end
  kWalkDirectory = 2,      // ENOTDIR unless a directory
  kWalkNoSymlinks = 4,     // openat2's RESOLVE_NO_SYMLINKS
  kWalkBeneath = 8,        // RESOLVE_BENEATH: EXDEV when leaving the start
  kWalkInRoot = 16,        // RESOLVE_IN_ROOT: the start is the root
  kWalkNoMagicLinks = 32,  // RESOLVE_NO_MAGICLINKS
  kWalkNoCrossing = 64,    // RESOLVE_NO_XDEV
};

// What a walk learns of the object at its end besides the object: file systems that look things up on the host get the
// attributes with the answer, and asking again would cost another QCall.
struct FoundStatus {
  bool valid = false;
  abi::FileStat status;
};

// Linux's errors: ENOENT for an empty path, ELOOP after 40 links, ENAMETOOLONG, ENOTDIR.
Result<Ref<Dentry>> walk(const Place& place, std::string_view path, u32 flags, FoundStatus* found = nullptr);

// The parent of a path's last component. `name` is a part of `path`, or of `storage` when a link at the end was
// followed; empty if the path ends in the root, "." or "..": then `parent` is that directory itself.
struct ParentWalk {
  Ref<Dentry> parent;
  std::string_view name;
  bool trailing_slash = false;
  String storage;
};
Result<ParentWalk> walk_parent(const Place& place, std::string_view path, u32 flags = 0);
// The child of a directory; what is mounted there or what the file system has. ENOENT.
Result<Ref<Dentry>> lookup_child(Dentry& directory, std::string_view name, FoundStatus* found = nullptr);
// As lookup_child, without what is mounted there.
Result<Ref<Dentry>> lookup_covered(Dentry& directory, std::string_view name, FoundStatus* found = nullptr);

Result<Ref<File>> open(const Place& place, std::string_view path, u32 flags, u32 mode, u32 walk_flags = 0);
Result<Ref<File>> open_dentry(Ref<Dentry> dentry, u32 flags);
Result<void> mkdir(const Place& place, std::string_view path, u32 mode);
Result<void> mknod(const Place& place, std::string_view path, u32 mode, u64 device);
Result<void> symlink(const Place& place, std::string_view path, std::string_view target);
Result<void> link(Ref<Dentry> existing, const Place& place, std::string_view path);
Result<void> unlink(const Place& place, std::string_view path, bool directory);
Result<void> rename(const Place& from, std::string_view path, const Place& to, std::string_view new_path, u32 flags);
Result<void> truncate(Dentry& dentry, u64 size);
// EROFS if the mount is read-only.
Result<void> want_write(const Dentry& dentry);

// The tree's root (mount_table.hpp).
Ref<Dentry> root();
// MountFlags of the mount that this was reached by; 0 without one.
u32 mount_flags(const Dentry& dentry);

}  // namespace baryon::fs
