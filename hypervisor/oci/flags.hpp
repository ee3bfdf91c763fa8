// The command lines of the OCI commands: runc's flags, as its users (conmon, containerd's shim, dockerd) write them.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/support/error.hpp"

namespace baryon::host::oci {

struct Flag {
  std::string_view name;
  char letter = '\0';           // short form, or none
  std::string_view value = "";  // what the value is called; empty: a switch
  std::string_view help = "";
};

struct OciCommand {
  std::string_view name;
  std::string_view usage;  // what follows `baryon NAME`
  std::string_view help;
  std::span<const Flag> flags;
  std::size_t least = 1;  // arguments
  std::size_t most = 1;
};

inline constexpr std::size_t kAnyNumber = ~std::size_t{0};

[[nodiscard]] std::span<const OciCommand> oci_commands();
[[nodiscard]] std::span<const Flag> oci_global_flags();
[[nodiscard]] const OciCommand* find_oci_command(std::string_view name);

// Flags and arguments of one command line.
class Parsed {
 public:
  [[nodiscard]] bool has(std::string_view flag) const { return values_.contains(flag); }
  // The last value given, or `otherwise`.
  [[nodiscard]] std::string value(std::string_view flag, std::string_view otherwise = "") const;
  [[nodiscard]] Expected<std::optional<std::int64_t>> number(std::string_view flag) const;

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> arguments;
};

// Takes flags off the front of `words`: `--name value`, `--name=value`, `-name`, `-n value`, `--`. Stops at the first
// word that is none; `words` is then what is left.
[[nodiscard]] Expected<Parsed> parse_flags(std::span<const std::string_view>& words, std::span<const Flag> flags,
                                           std::string_view command);

// "Usage: baryon create [OPTIONS] ID" and the flags.
[[nodiscard]] std::string help_text(const OciCommand& command);
[[nodiscard]] std::string global_help_text();

}  // namespace baryon::host::oci
