// Character devices: /dev.
#pragma once

#include "kernel/fs/file.hpp"

namespace baryon::fs {

// Opens the device with this number (make_device). ENXIO: nobody drives it.
Result<Ref<File>> open_device(u64 device, u32 flags);

// The sandbox's standard streams (0, 1, 2), which the host holds.
Result<Ref<File>> open_stream(u32 handle);

}  // namespace baryon::fs
