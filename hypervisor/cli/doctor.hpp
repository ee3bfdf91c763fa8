// `baryon doctor`: what this host offers and what a sandbox will use.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/cli/host_facts.hpp"
#include "hypervisor/config/support_matrix.hpp"
#include "hypervisor/sandbox/probe.hpp"

namespace baryon::host {

struct CombinationStatus {
  Combination combination;
  bool supported;      // implemented, and this host can run it
  std::string reason;  // why, or why not
};

// Every row of the support matrix, judged for this host.
[[nodiscard]] std::vector<CombinationStatus> judge_combinations(const HostProbe& probe, const HostFacts& facts);

// The report for people, and the one for programs (keys: kvm, probe, auto, combinations, host).
[[nodiscard]] std::string doctor_text(const HostProbe& probe, const HostFacts& facts);
[[nodiscard]] std::string doctor_json(const HostProbe& probe, const HostFacts& facts);

}  // namespace baryon::host
