// The configuration file: TOML whose keys are the long options of `baryon boot` without dashes, and `program` and
// `args` for what to run.
//
//   memory = "1G"                       # a string or a number, as the option takes it
//   rewrite = true                      # on|off options also take a boolean
//   bind = ["/srv/data:/data:ro"]       # repeatable options take an array (or one string)
//   env = { LANG = "C.UTF-8" }          # or ["LANG=C.UTF-8"]
//   strace = true                       # or a file name; false is the default
#pragma once

#include <string>
#include <string_view>

#include "hypervisor/config/resolve.hpp"

namespace baryon::host {

// Parses `text`; `source` names the file in messages. Refused, with the line: syntax errors, unknown keys (with the
// nearest known one), values of the wrong type. The values themselves are checked by resolve_options(), which uses the
// same lines. Does not look at the host.
[[nodiscard]] Expected<OptionLayer> parse_toml_config(std::string_view text, std::string_view source);

// Reads and parses a regular file of at most 1 MiB.
[[nodiscard]] Expected<OptionLayer> load_toml_config(const std::string& path);

}  // namespace baryon::host
