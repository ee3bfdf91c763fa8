// A bundle's config.json (OCI runtime specification 1.0.2, config.md and config-linux.md) as plain data: the parts that
// mean something to a sandbox. Types and ranges are checked when it comes out of parse_config(); whether the host can
// honour it is for those who use it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/oci/json.hpp"
#include "hypervisor/oci/seccomp_profile.hpp"

namespace baryon::host::oci {

struct User {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint32_t> umask;
  std::vector<std::uint32_t> additional_gids;
};

struct Rlimit {
  std::string type;  // "RLIMIT_NOFILE"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

struct Capabilities {
  std::vector<std::string> bounding, effective, inheritable, permitted, ambient;
};

struct Process {
  bool terminal = false;
  std::uint16_t console_height = 0;  // 0: not given
  std::uint16_t console_width = 0;
  std::vector<std::string> args;  // at least one
  std::vector<std::string> env;   // "KEY=VALUE"
  std::string cwd;                // absolute
  User user;
  std::vector<Rlimit> rlimits;
  std::optional<Capabilities> capabilities;
  bool no_new_privileges = false;
  std::optional<int> oom_score_adj;
};

struct Mount {
  std::string destination;  // absolute, or relative to "/" as runc takes it
  std::string type;
  std::string source;
  std::vector<std::string> options;
};

struct Hook {
  std::string path;  // absolute
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::optional<int> timeout_seconds;
};
struct Hooks {
  std::vector<Hook> prestart, create_runtime, create_container, start_container, poststart, poststop;
};

struct Namespace {
  std::string type;  // "network", …
  std::string path;  // empty: a new one
};

struct IdMapping {
  std::uint32_t container_id = 0;
  std::uint32_t host_id = 0;
  std::uint32_t size = 0;
};

// Limits; what is absent is left as it is. -1 means unlimited, as in the specification.
struct Resources {
  std::optional<std::int64_t> memory_limit, memory_reservation, memory_swap;  // bytes
  std::optional<std::int64_t> cpu_shares, cpu_quota, cpu_period;              // weight; µs, µs
  std::optional<std::string> cpuset_cpus, cpuset_mems;
  std::optional<std::int64_t> pids_limit;
  std::optional<std::int64_t> block_weight;
  std::map<std::string, std::string> unified;  // cgroup v2 files
};

struct Config {
  std::string oci_version;
  Process process;
  std::string root_path;  // as written; relative to the bundle
  bool root_read_only = false;
  std::string hostname;
  std::vector<Mount> mounts;
  Hooks hooks;
  std::map<std::string, std::string> annotations;

  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings, gid_mappings;
  std::string cgroups_path;
  Resources resources;
  std::vector<std::string> masked_paths, read_only_paths;
  std::optional<SeccompProfile> seccomp;
  std::map<std::string, std::string> net_sysctls;  // of the network namespace
  std::vector<std::string> not_honoured;           // members that mean nothing in a sandbox, for a warning

  // nullptr when the container shares the runtime's.
  [[nodiscard]] const Namespace* find_namespace(std::string_view type) const;
};

[[nodiscard]] Expected<Config> parse_config(const Json& document, const std::string& source);
[[nodiscard]] Expected<Config> load_config(const std::string& bundle);

// Parts that are also read on their own: a process for `exec`, hooks from the state file, resources by `update`.
[[nodiscard]] Expected<Process> parse_process(const Node& node);
[[nodiscard]] Expected<Hooks> parse_hooks(const Node& node);
[[nodiscard]] Expected<Resources> parse_resources(const Node& node);
[[nodiscard]] Json hooks_to_json(const std::vector<Hook>& hooks);

}  // namespace baryon::host::oci
