// Questions about containers: state, list, ps, events.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/oci/store.hpp"

namespace baryon::host::oci {

// runc's `state`: the specified state and the owner.
[[nodiscard]] Expected<std::string> describe_state(const Store& store, const std::string& id);

enum class ListForm : std::uint8_t { table, json, ids };
[[nodiscard]] Expected<std::string> describe_all(const Store& store, ListForm form);

// Host processes of a container, as JSON or as the lines of ps(1) run with `arguments`.
[[nodiscard]] Expected<std::string> describe_processes(const Store& store, const std::string& id, bool json,
                                                       const std::vector<std::string>& arguments);

// One line of `events`.
[[nodiscard]] Expected<std::string> describe_stats(const Store& store, const std::string& id);

// Prints describe_stats() every `interval_ms` until the container has ended.
[[nodiscard]] Expected<void> watch_stats(const Store& store, const std::string& id, std::uint64_t interval_ms);

}  // namespace baryon::host::oci
