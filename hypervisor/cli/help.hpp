// Help texts, made from the option table. At most 80 columns wide.
#pragma once

#include <string>
#include <string_view>

#include "hypervisor/support/error.hpp"

namespace baryon::host {

// `baryon --help`.
[[nodiscard]] std::string general_help();

// `baryon COMMAND --help`, `baryon help COMMAND`; an error for an unknown command.
[[nodiscard]] Expected<std::string> command_help(std::string_view command);

// "unknown command 'x'", with the nearest known one.
[[nodiscard]] std::unexpected<Error> unknown_command(std::string_view word);

}  // namespace baryon::host
