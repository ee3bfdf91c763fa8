// What is known of a container between commands: DIR/state.json, replaced atomically.
//
// Nothing in it can be out of date: whether the container runs, waits to be started, is paused or has ended is asked of
// the kernel each time (status_of).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hypervisor/oci/config.hpp"

namespace baryon::host::oci {

struct ContainerState {
  std::string id;
  std::string oci_version;
  std::string bundle;  // absolute
  std::string root_file_system;
  std::string created;  // RFC 3339, UTC
  std::map<std::string, std::string> annotations;
  std::uint32_t owner_uid = 0;

  // The sandbox's host process. 0 while it does not exist yet. The start time (clock ticks since boot) tells it from a
  // later process with the same number.
  pid_t pid = 0;
  std::uint64_t pid_start = 0;

  std::vector<std::string> cgroups;  // directories that were made for it
  Hooks hooks;                       // poststart, poststop
};

[[nodiscard]] Json to_json(const ContainerState& state);
[[nodiscard]] Expected<ContainerState> state_from_json(const Json& document, const std::string& source);

enum class Status : std::uint8_t { creating, created, running, paused, stopped };
[[nodiscard]] std::string_view to_string(Status status);

// The object of the specification's "State", which `state` prints and hooks get on stdin.
[[nodiscard]] Json specified_state(const ContainerState& state, Status status);

// --- processes ---

// Start time and state letter from /proc/<pid>/stat; nullopt when there is no such process.
struct ProcessFacts {
  char state = '?';
  std::uint64_t start = 0;
};
[[nodiscard]] std::optional<ProcessFacts> process_facts(pid_t pid);

// Whether the container's process exists and is no zombie.
[[nodiscard]] bool is_alive(const ContainerState& state);

// Now, as RFC 3339 with nanoseconds.
[[nodiscard]] std::string timestamp();

}  // namespace baryon::host::oci
