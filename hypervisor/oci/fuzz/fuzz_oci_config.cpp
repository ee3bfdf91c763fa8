// libFuzzer target: config.json and the state file on arbitrary bytes, then their translation. Beyond not crashing,
// what is accepted must keep the promises of boot_options.hpp.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/config.hpp"
#include "hypervisor/oci/state.hpp"
#include "hypervisor/oci/translate.hpp"

using namespace baryon::host;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const BootOptions& options) {
  require(options.memory_bytes >= kMinMemoryBytes && options.memory_bytes <= kMaxMemoryBytes);
  require(options.memory_bytes % (4 * kKiB) == 0);
  require(options.cpus >= kMinCpus && options.cpus <= kMaxCpus);
  require(!options.program.empty() && options.cwd.starts_with('/'));
  require(options.stats_file.empty() && options.strace.to == StraceOptions::To::off);
  for (std::size_t i = 0; i < options.binds.size(); ++i) {
    require(options.binds[i].guest.starts_with('/') && options.binds[i].guest != "/");
    for (std::size_t j = 0; j < i; ++j) require(options.binds[i].guest != options.binds[j].guest);
    for (const std::string& tmpfs : options.tmpfs) require(tmpfs != options.binds[i].guest);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(oci::parse_hierarchies(text, text));
  const auto document = oci::parse_json(text, "config.json");
  if (!document) return 0;
  static_cast<void>(oci::state_from_json(*document, "state.json"));
  static_cast<void>(oci::parse_resources(oci::Node(*document, "resources:")));
  auto config = oci::parse_config(*document, "config.json");
  if (!config) {
    require(!to_message(config.error()).empty());
    return 0;
  }
  config->root_path = "/";
  if (const auto translation = oci::translate(*config, "/")) check(translation->options);
  static_cast<void>(oci::plan_cgroups({{"/sys/fs/cgroup", {}, "/", true}}, config->cgroups_path, "id"));
  return 0;
}
