// Who may do what with an object: path_resolution(7), credentials(7), inode(7).
//
// Checks are made with the current task's file system identity (fsuid, fsgid, supplementary groups) and effective
// capabilities, on what stat says at that moment. Kernel threads may do everything. Who has CAP_DAC_OVERRIDE passes
// without a look at the object, so that root pays nothing.
#pragma once

#include "kernel/fs/dentry.hpp"

namespace baryon::fs {

enum Access : u32 { kMayExecute = 1, kMayWrite = 2, kMayRead = 4 };  // access(2)'s bits

// EACCES. Writing to a read-only mount is not looked at here (want_write).
Result<void> check_access(Dentry& dentry, u32 wanted);
// As access(2) asks: with the real user and group, and no capabilities if that user is not root.
Result<void> check_real_access(const abi::FileStat& status, u32 wanted);
// As the effective ids and capabilities would, on a known object: execution needs an x bit even for root.
Result<void> check_status(const abi::FileStat& status, u32 wanted);
// True if no search permission on a path's directories has to be checked.
bool may_search_anything();

// For chmod, utimens and the like: the owner, or CAP_FOWNER. EPERM.
Result<void> check_owner(Dentry& dentry);
bool is_owner(const abi::FileStat& status);
// chown(2): who may give what away. EPERM.
Result<void> check_chown(Dentry& dentry, u32 uid, u32 gid);
// The mode that chmod sets: without set-group-ID if the group is foreign.
Result<u32> allowed_mode(Dentry& dentry, u32 mode);

// For making a name in a directory, and for removing or replacing `child` there (sticky directories: EPERM).
Result<void> check_make(Dentry& parent);
Result<void> check_remove(Dentry& parent, Dentry& child);
// Gives a new object its owner and, below a set-group-ID directory, the directory's group.
Result<void> give_owner(Dentry& parent, std::string_view name);

}  // namespace baryon::fs
