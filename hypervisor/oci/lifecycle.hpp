// What happens to a container that exists: start, kill, pause, resume, delete.
#pragma once

#include <string>
#include <string_view>

#include "hypervisor/oci/store.hpp"

namespace baryon::host::oci {

// "TERM", "SIGTERM", "15", "RTMIN+3", "SIGRTMAX-1"; the number.
[[nodiscard]] Expected<int> parse_signal(std::string_view text);

[[nodiscard]] Expected<void> start_container(const Store& store, const std::string& id);

// Lets a created container go and runs its poststart hooks; the caller has the entry's lock.
[[nodiscard]] Expected<void> open_gate(const Entry& entry, const ContainerState& state);

// `all`: every process of the control groups; an ended container is no error then.
[[nodiscard]] Expected<void> kill_container(const Store& store, const std::string& id, int signal, bool all);

// `force`: also one that runs, and no error for one that does not exist.
[[nodiscard]] Expected<void> delete_container(const Store& store, const std::string& id, bool force);

// Removes everything of a container whose process has ended; the caller has the lock.
void destroy(Entry& entry, const ContainerState& state);

[[nodiscard]] Expected<void> pause_container(const Store& store, const std::string& id);
[[nodiscard]] Expected<void> resume_container(const Store& store, const std::string& id);

}  // namespace baryon::host::oci
