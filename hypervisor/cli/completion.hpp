// Shell completion scripts, made from the option and command tables.
#pragma once

#include <string>
#include <string_view>

#include "hypervisor/support/error.hpp"

namespace baryon::host {

// The script for "bash", "zsh" or "fish"; an error for another shell.
[[nodiscard]] Expected<std::string> completion_script(std::string_view shell);

}  // namespace baryon::host
