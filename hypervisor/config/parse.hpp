// Parsers of option values, shared by the command line and the configuration file.
//
// Pure functions over hostile text: nothing is looked up on the host. Errors quote the value and state the accepted
// form; the caller prefixes where the value came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

// Decimal digits only: no sign, no blanks, no prefix. Refuses what lies outside minimum..maximum.
[[nodiscard]] Expected<std::uint64_t> parse_integer(std::string_view text, std::uint64_t minimum,
                                                    std::uint64_t maximum);

// Bytes: decimal digits with an optional suffix K, M or G (either case, powers of 1024). Refuses overflow.
[[nodiscard]] Expected<std::uint64_t> parse_size(std::string_view text);

// "512M", "1g", "67108864": kMinMemoryBytes..kMaxMemoryBytes, a multiple of 4 KiB.
[[nodiscard]] Expected<std::uint64_t> parse_memory(std::string_view text);

// "on" or "off".
[[nodiscard]] Expected<bool> parse_switch(std::string_view text);

// A path on the host as typed: not empty, no NUL byte. May be relative.
[[nodiscard]] Expected<std::string> parse_host_path(std::string_view text);

// A path in the guest: absolute; empty and "." components are removed, ".." is refused. "/" is valid.
[[nodiscard]] Expected<std::string> parse_guest_path(std::string_view text);

// As parse_guest_path(), but refuses "/", which --root provides.
[[nodiscard]] Expected<std::string> parse_mount_point(std::string_view text);

// DIR[:ro|rw|overlay]; read-only when the mode is left out. DIR cannot contain a colon.
[[nodiscard]] Expected<RootOptions> parse_root(std::string_view text);

// HOST:GUEST[:ro|rw]; read-only when the mode is left out. Neither path can contain a colon.
[[nodiscard]] Expected<Bind> parse_bind(std::string_view text);

// KEY=VALUE with a non-empty KEY and no NUL byte; VALUE may be empty. Returned as given.
[[nodiscard]] Expected<std::string> parse_environment(std::string_view text);

// `text` in single quotes for a message, cut after 80 bytes.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace baryon::host
