// QCall `read_dir`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hypervisor/files/handle_table.hpp"

namespace baryon::host {

// Smallest buffer that read_directory() takes: one entry with the longest name, and then some.
inline constexpr std::size_t kMinDirectoryBuffer = 512;

// Fills `out` (guest memory, written only) with abi::DirectoryEntry records that follow `cookie` (0: the start) and
// returns their bytes, 0 at the end, or a negative errno (-EINVAL: `out` is too small). Cookies are the file
// system's d_off: they stay good while the handle is open, as with telldir(3).
[[nodiscard]] std::int64_t read_directory(Handle& handle, std::uint64_t cookie, std::span<std::byte> out);

}  // namespace baryon::host
