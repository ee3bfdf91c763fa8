// The commands of `baryon`, for dispatch, help, completion and the test of the man page.
#pragma once

#include <span>
#include <string_view>

namespace baryon::host {

struct Command {
  std::string_view name;
  std::string_view usage;  // what follows `baryon NAME`
  std::string_view help;
};

inline constexpr Command kCommands[] = {
    {"boot", "[OPTIONS] PROGRAM [ARGS...]", "run PROGRAM in a fresh sandbox"},
    {"doctor", "[--json]", "say what this host offers and what a sandbox will use"},
    {"completion", "bash|zsh|fish", "print a shell's completion script"},
    {"version", "", "print the version"},
    {"help", "[COMMAND]", "explain baryon or one of its commands"},
};

inline constexpr std::string_view kShells[] = {"bash", "zsh", "fish"};

}  // namespace baryon::host
