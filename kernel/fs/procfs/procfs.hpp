// /proc and /sys: text made when it is read, from tables of names and generators.
#pragma once

#include "kernel/fs/inode.hpp"

namespace baryon::fs {

Result<Ref<Inode>> mount_procfs();
// The little of /sys that language runtimes read: CPU lists, transparent huge page size.
Result<Ref<Inode>> mount_sysfs();
// The unified cgroup hierarchy, read-only.
Result<Ref<Inode>> mount_cgroup();

}  // namespace baryon::fs
