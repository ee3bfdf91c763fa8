// From assignments to BootOptions: defaults, then the configuration file, then the command line.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hypervisor/config/option_table.hpp"

namespace baryon::host {

// One `option = value`, not parsed yet.
struct Assignment {
  const OptionSpec* option;  // never null; points into option_table()
  std::string value;         // empty also for an optional value that was left out
  std::string where;         // names the place in messages: "--memory", "demo.toml:3: memory"
};

// Everything one source says. A later layer overrides an earlier one: single values replace, binds and tmpfs replace
// those at the same guest path and add otherwise, env replaces the same key.
struct OptionLayer {
  std::vector<Assignment> assignments;
  std::optional<std::string> program;  // taken together with `args`
  std::vector<std::string> args;
};

// What the defaults take from the process that calls; separate so that tests can fix it.
struct HostContext {
  std::string cwd;   // absolute
  std::string term;  // $TERM, may be empty
};
[[nodiscard]] HostContext current_host_context();

// Applies the layers in order over the defaults and checks what concerns several options at once. Errors name the
// assignment. Refused: one option twice in a layer (where it does not accumulate), rewrite on together with privilege
// split, a guest architecture that neither engine nor model can have, no program.
[[nodiscard]] Expected<BootOptions> resolve_options(std::span<const OptionLayer> layers, const HostContext& host);

}  // namespace baryon::host
