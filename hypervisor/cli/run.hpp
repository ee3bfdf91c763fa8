// `baryon` without main(), so that the dispatch can be tested.
#pragma once

#include <span>
#include <string_view>

#include "hypervisor/cli/arguments.hpp"
#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

// `words` are the arguments without argv[0]. Output goes to stdout; the value is the exit status.
[[nodiscard]] Expected<int> run_command_line(std::span<const std::string_view> words);

// The options of `baryon boot` as they will be used: file under command line, over the defaults.
[[nodiscard]] Expected<BootOptions> boot_options_of(const BootCommand& command);

}  // namespace baryon::host
