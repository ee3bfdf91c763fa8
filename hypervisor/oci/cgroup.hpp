// Control groups of a sandbox's host process: version 1, version 2 and both at once (hybrid).
//
// A container has one group in every hierarchy that is mounted, at linux.cgroupsPath; relative paths, and the id when
// there is none, lie below the group of the runtime, as with runc's cgroupfs driver. The host process joins by itself,
// single-threaded and by writing "0": for that the kernel needs no lock over all processes, which would cost 6-12 ms
// (cgroup_procs_write_start() in kernel/cgroup/cgroup.c).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/oci/config.hpp"
#include "hypervisor/oci/state.hpp"

namespace baryon::host::oci {

struct Hierarchy {
  std::string mount_point;               // "/sys/fs/cgroup/memory"
  std::vector<std::string> controllers;  // version 1: {"memory"} or {"name=systemd"}; empty for version 2
  std::string own_path;                  // the runtime's own group in it
  bool unified = false;
};

// From the texts of /proc/self/cgroup and /proc/self/mountinfo; separate for tests.
[[nodiscard]] std::vector<Hierarchy> parse_hierarchies(std::string_view cgroup, std::string_view mountinfo);
[[nodiscard]] std::vector<Hierarchy> find_hierarchies();

// One group. `unified` says which set of files it has.
struct Cgroup {
  std::string directory;
  std::vector<std::string> controllers;
  bool unified = false;
};
[[nodiscard]] Expected<std::vector<Cgroup>> plan_cgroups(const std::vector<Hierarchy>& hierarchies,
                                                         const std::string& cgroups_path, const std::string& id);

[[nodiscard]] Expected<void> make_cgroups(const std::vector<Cgroup>& cgroups);
// legacy: those of version 1.
enum class Join : std::uint8_t { all, legacy };
// Moves the calling, single-threaded process.
[[nodiscard]] Expected<void> join_cgroups(const std::vector<Cgroup>& cgroups, Join which = Join::all);
// What a group lacks a file for is refused if it is a limit that the sandbox could then exceed.
[[nodiscard]] Expected<void> apply_resources(const std::vector<Cgroup>& cgroups, const Resources& resources);

// --- of a container that exists; `directories` as in ContainerState ---

// Kills what is left inside, then removes the groups. Waits up to a second for the dying.
void remove_cgroups(const std::vector<std::string>& directories);
[[nodiscard]] std::vector<pid_t> cgroup_processes(const std::vector<std::string>& directories);
[[nodiscard]] bool is_frozen(const ContainerState& state);
[[nodiscard]] Expected<void> set_frozen(const ContainerState& state, bool frozen);
// Back from directories to groups, for `update` and `events`.
[[nodiscard]] std::vector<Cgroup> known_cgroups(const ContainerState& state);

}  // namespace baryon::host::oci
