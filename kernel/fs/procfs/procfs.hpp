// /proc and /sys: proc(5), sysfs(5).
#pragma once

#include "kernel/fs/inode.hpp"

namespace baryon::fs {

// A new instance each; the returned inode is the directory to mount. ENOMEM.
Result<Ref<Inode>> mount_procfs();
Result<Ref<Inode>> mount_sysfs();

}  // namespace baryon::fs
