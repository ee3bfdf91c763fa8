// kernel/io's sleeping lock under the name that file systems use.
#pragma once

#include "kernel/io/mutex.hpp"

namespace baryon::fs {
using io::Mutex;
using io::MutexGuard;
}  // namespace baryon::fs
