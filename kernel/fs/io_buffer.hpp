// The buffers of kernel/io under the names that file systems use.
#pragma once

#include "kernel/io/io_buffer.hpp"

namespace baryon::fs {
using io::IoBuffer;
using io::IoVector;
}  // namespace baryon::fs
