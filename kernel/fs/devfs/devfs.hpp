// /dev.
#pragma once

#include "kernel/fs/inode.hpp"

namespace baryon::fs {

// A tmpfs with Linux's usual nodes: null, zero, full, random, urandom, tty, console, fd → /proc/self/fd and so on,
// and an empty shm directory.
Result<Ref<Inode>> mount_devfs();

}  // namespace baryon::fs
