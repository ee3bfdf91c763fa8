// Small files, read and written whole.
#pragma once

#include <string>
#include <string_view>

#include "hypervisor/support/error.hpp"

namespace baryon::host::oci {

// A regular file (or one of procfs, cgroupfs) of at most `most` bytes.
[[nodiscard]] Expected<std::string> read_file(const std::string& path, std::size_t most = 1u << 20);

// Replaces `path` atomically: readers see the old content or the new, also after a crash at any moment.
[[nodiscard]] Expected<void> replace_file(const std::string& path, std::string_view content, unsigned mode = 0600);

// One write(2) to an existing file, as control files want it.
[[nodiscard]] Expected<void> write_control_file(const std::string& path, std::string_view content);

// `path` without its last newline, or empty when it cannot be read.
[[nodiscard]] std::string read_line(const std::string& path);

}  // namespace baryon::host::oci
