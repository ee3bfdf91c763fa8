// libFuzzer target: the configuration file and the value parsers on arbitrary bytes.
//
// Beyond not crashing, what is accepted must keep the promises of boot_options.hpp.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/config/toml_config.hpp"

using namespace baryon::host;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_normalised_guest_path(std::string_view path) {
  return path.starts_with('/') && !path.contains("//") && !path.contains("/./") && !path.contains('\0');
}

void check(const BootOptions& options) {
  require(options.memory_bytes >= kMinMemoryBytes && options.memory_bytes <= kMaxMemoryBytes);
  require(options.memory_bytes % (4 * kKiB) == 0);
  require(options.cpus >= kMinCpus && options.cpus <= kMaxCpus);
  require(!options.program.empty() && !options.cwd.empty());
  require(is_normalised_guest_path(options.cwd));
  for (std::size_t i = 0; i < options.binds.size(); ++i) {
    require(is_normalised_guest_path(options.binds[i].guest) && options.binds[i].guest != "/");
    require(!options.binds[i].host.empty());
    for (std::size_t j = 0; j < i; ++j) require(options.binds[i].guest != options.binds[j].guest);
    for (const std::string& tmpfs : options.tmpfs) require(tmpfs != options.binds[i].guest);
  }
  for (const std::string& entry : options.env) {
    const std::size_t equals = entry.find('=');
    require(equals != 0 && equals != std::string::npos && !entry.contains('\0'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto bytes = parse_memory(text)) require(*bytes >= kMinMemoryBytes && *bytes <= kMaxMemoryBytes);
  if (const auto bind = parse_bind(text)) require(is_normalised_guest_path(bind->guest) && !bind->host.empty());
  static_cast<void>(parse_root(text));
  static_cast<void>(parse_environment(text));
  static_cast<void>(parse_integer(text, kMinCpus, kMaxCpus));

  const auto layer = parse_toml_config(text, "fuzz.toml");
  if (!layer) {
    require(!to_message(layer.error()).empty());
    return 0;
  }
  // The same file twice: the second layer must override the first wherever the first was accepted.
  const OptionLayer twice[] = {*layer, *layer};
  const HostContext host{.cwd = "/", .term = "dumb"};
  const auto once = resolve_options(std::span(twice, 1), host);
  const auto overridden = resolve_options(twice, host);
  require(once.has_value() == overridden.has_value());
  if (once) {
    check(*once);
    check(*overridden);
    require(once->binds == overridden->binds && once->tmpfs == overridden->tmpfs && once->env == overridden->env);
  }
  return 0;
}
