// A made-up, empty directory on the way to a mount point that does not exist in the file system below.
#pragma once

#include "kernel/fs/inode.hpp"

namespace baryon::fs {

Result<Ref<Inode>> make_mount_directory(FileSystem& fs);

// getdents64 of a directory in which something is mounted: what the file system lists, without names that
// are covered, then the pinned names.
Result<void> read_directory(File& file, DirectorySink& sink, u64& position);

}  // namespace baryon::fs
