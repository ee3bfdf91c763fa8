// The one table of `baryon boot`'s options. The command line, the configuration file, --help, the completions and the
// tests of the man page all read it, so an option that exists here exists everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

enum class OptionGroup : std::uint8_t { machine, files, process, observation };

enum class ValueKind : std::uint8_t {
  choice,     // one of `choices`
  size,       // bytes with suffix
  integer,    // decimal
  directory,  // completes host directories
  file,       // completes host files
  text,       //
};

enum class Arity : std::uint8_t {
  once,            // refused when given twice in one place
  repeated,        // accumulates; an array in the configuration file
  optional_value,  // `--name` or `--name=VALUE`, never `--name VALUE`; true or a string in the file
};

struct OptionSpec {
  std::string_view name;   // without the dashes; also the key in the configuration file
  std::string_view value;  // what the value is called in help: "SIZE"
  std::string_view help;   // one or two lines, no period
  OptionGroup group;
  ValueKind kind;
  Arity arity;
  std::span<const std::string_view> choices;  // empty unless kind is choice

  // How many entries of the lists come from earlier layers (see resolve.hpp). A later layer replaces what an earlier
  // one mounted at the same guest path; twice within one layer is an error.
  struct Inherited {
    std::size_t binds = 0;
    std::size_t tmpfs = 0;
  };

  // Parses `value` and stores it. For Arity::optional_value an empty value means that none was given.
  Expected<void> (*apply)(BootOptions& options, std::string_view value, Inherited& inherited);
};

[[nodiscard]] std::span<const OptionSpec> option_table();

// nullptr when there is no such option.
[[nodiscard]] const OptionSpec* find_option(std::string_view name);

[[nodiscard]] std::string_view title_of(OptionGroup group);

// The spelling of an enumerator in options, messages and JSON.
[[nodiscard]] std::string_view to_string(Engine engine);
[[nodiscard]] std::string_view to_string(Privilege privilege);
[[nodiscard]] std::string_view to_string(Arch arch);
[[nodiscard]] std::string_view to_string(PagePolicy policy);
[[nodiscard]] std::string_view to_string(LogLevel level);

}  // namespace baryon::host
