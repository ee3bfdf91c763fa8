// The command line of `baryon boot`.
//
// Parsed by hand against the option table, because PROGRAM's arguments must arrive byte for byte: options stop at the
// first word that is not one (or after `--`), a value is taken verbatim even if it is empty, quoted or bracketed, and
// `--strace` never swallows the next word.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "hypervisor/config/resolve.hpp"

namespace baryon::host {

struct BootCommand {
  OptionLayer layer;
  std::optional<std::string> config_file;
  bool help = false;  // --help was given; nothing after it was looked at
};

// `words` are those after `boot`. Accepts `--name VALUE` and `--name=VALUE`.
[[nodiscard]] Expected<BootCommand> parse_boot_arguments(std::span<const std::string_view> words);

// Options of `boot` that are of the command line alone, for help and completion.
struct CommandLineOption {
  std::string_view name;
  std::string_view value;  // empty: takes none
  std::string_view help;
};
[[nodiscard]] std::span<const CommandLineOption> command_line_only_options();

}  // namespace baryon::host
