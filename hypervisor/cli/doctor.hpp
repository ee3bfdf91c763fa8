// `baryon doctor`: what this host offers and what a sandbox will use.
#pragma once

#include <string>

#include "hypervisor/cli/host_facts.hpp"
#include "hypervisor/sandbox/probe.hpp"

namespace baryon::host {

// The report for people, and the one for programs (keys: kvm, probe, auto, combinations, host).
[[nodiscard]] std::string doctor_text(const HostProbe& probe, const HostFacts& facts);
[[nodiscard]] std::string doctor_json(const HostProbe& probe, const HostFacts& facts);

}  // namespace baryon::host
