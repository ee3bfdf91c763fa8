// Character devices: /dev.
#pragma once

#include "kernel/fs/file.hpp"

namespace baryon::fs {

// Opens the device with this number (make_device). ENXIO: nobody drives it.
Result<Ref<File>> open_device(u64 device, u32 flags);

// A stream that the host holds, for use as this descriptor: 0 is read, 1 and 2 are written, unless the stream goes both
// ways. Closes its handle in the end if it is not one of the sandbox's own standard streams (0, 1, 2). `owner`: the
// user that a terminal belongs to which no stream had been attached to.
Result<Ref<File>> open_stream(u32 handle, u32 descriptor, u32 owner = 0);

}  // namespace baryon::fs
