// `baryon` as an OCI runtime: what podman, containerd and docker call.
#pragma once

#include <span>
#include <string_view>

namespace baryon::host::oci {

// Whether these words (without argv[0]) are for run_oci(): an OCI command, or one of its global options.
[[nodiscard]] bool is_oci_command_line(std::span<const std::string_view> words);

// Runs it and reports errors itself, to stderr and to --log. The exit status: 1 for errors, as with runc.
[[nodiscard]] int run_oci(std::span<const std::string_view> words, std::string_view version);

}  // namespace baryon::host::oci
