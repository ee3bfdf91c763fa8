// QCall `open`.
#pragma once

#include <cstdint>

#include "hypervisor/files/handle_table.hpp"
#include "hypervisor/files/path.hpp"

namespace baryon::host {

// Opens `path` below `base` (empty: `base` itself, again) with open(2) `flags` and `mode`, and returns the new handle's
// number or a negative errno:
//   -EINVAL  a flag that is not open(2)'s        -EROFS   writing or creating on a read-only mount
//   -EACCES  a device, FIFO or socket; procfs    -ENFILE  no handle left (the host's EMFILE included)
// `base` is a number, as adding a handle moves the table. Never waits for a FIFO or device: those are not opened.
[[nodiscard]] std::int64_t open_file(HandleTable& table, std::uint32_t base, const GuestPath& path, std::uint64_t flags,
                                     std::uint64_t mode);

}  // namespace baryon::host
