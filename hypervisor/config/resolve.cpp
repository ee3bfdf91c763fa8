#include "hypervisor/config/resolve.hpp"

#include <unistd.h>
#include <algorithm>
#include <climits>
#include <cstdlib>

#include "hypervisor/config/parse.hpp"

namespace baryon::host {

namespace {

constexpr std::string_view kDefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Expected<void> apply_layer(BootOptions& options, const OptionLayer& layer) {
  OptionSpec::Inherited inherited{.binds = options.binds.size(), .tmpfs = options.tmpfs.size()};
  std::vector<const OptionSpec*> seen;
  for (const Assignment& assignment : layer.assignments) {
    if (assignment.option->arity != Arity::repeated) {
      if (std::ranges::find(seen, assignment.option) != seen.end())
        return fail(assignment.where + ": given twice", "keep one of them");
      seen.push_back(assignment.option);
    }
    if (auto applied = assignment.option->apply(options, assignment.value, inherited); !applied) {
      Error error = std::move(applied).error();
      error.what = assignment.where + ": " + error.what;
      return std::unexpected(std::move(error));
    }
  }
  if (layer.program) {
    options.program = *layer.program;
    options.args = layer.args;
  }
  return {};
}

// Whether any layer names the option, and its last value.
const Assignment* last_assignment(std::span<const OptionLayer> layers, std::string_view name) {
  const Assignment* last = nullptr;
  for (const OptionLayer& layer : layers)
    for (const Assignment& assignment : layer.assignments)
      if (assignment.option->name == name) last = &assignment;
  return last;
}

Expected<void> check_conflicts(const BootOptions& options, std::span<const OptionLayer> layers) {
  const Assignment* const rewrite = last_assignment(layers, "rewrite");
  if (rewrite != nullptr && options.rewrite && options.privilege == Privilege::split)
    return fail(rewrite->where + ": on contradicts privilege split, which traps by the architecture's instruction",
                "leave rewrite out, or use privilege linked");
  if (options.arch == Arch::aarch64 && options.privilege == Privilege::linked)
    return fail("privilege linked does not exist for aarch64", "use privilege split");
  return {};
}

}  // namespace

HostContext current_host_context() {
  HostContext host;
  char cwd[PATH_MAX];
  // A working directory that was deleted or is out of reach leaves "/": the program can then still start. The kernel
  // reports the latter as a path beginning with "(unreachable)", see getcwd(3).
  host.cwd = ::getcwd(cwd, sizeof cwd) != nullptr && cwd[0] == '/' ? cwd : "/";
  if (const char* const term = std::getenv("TERM")) host.term = term;
  return host;
}

Expected<BootOptions> resolve_options(std::span<const OptionLayer> layers, const HostContext& host) {
  BootOptions options;
  options.env = {std::string(kDefaultPath), "HOME=/root", "TERM=" + (host.term.empty() ? "dumb" : host.term)};
  for (const OptionLayer& layer : layers) BARYON_TRY(apply_layer(options, layer));
  BARYON_TRY(check_conflicts(options, layers));
  if (options.program.empty())
    return fail("no program to run", "baryon boot [OPTIONS] PROGRAM [ARGS...]; see baryon boot --help");
  if (options.cwd.empty()) options.cwd = options.root.host == "/" ? host.cwd : "/";
  return options;
}

}  // namespace baryon::host
