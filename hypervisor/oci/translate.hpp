// From a bundle to what a sandbox is told: mounts, memory, processors, program, annotations.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/oci/config.hpp"

namespace baryon::host::oci {

struct Translation {
  BootOptions options;
  std::vector<std::string> notes;  // what the bundle asks for and the sandbox does otherwise; for the log
};

// `bundle` is absolute. Checks on the host that the root and the sources of binds exist.
[[nodiscard]] Expected<Translation> translate(const Config& config, const std::string& bundle);

// The parts, for tests.
[[nodiscard]] Expected<void> translate_mounts(const Config& config, const std::string& bundle, Translation& out);
[[nodiscard]] Expected<void> apply_annotations(const Config& config, BootOptions& options);

// Guest RAM under a cgroup limit of `limit` bytes: the host process needs a part of it.
[[nodiscard]] std::uint64_t guest_memory_for(std::int64_t limit);

// vCPUs that a quota of processor time and a set of processors leave room for.
[[nodiscard]] unsigned vcpus_for(const Resources& resources, unsigned host_cpus);

}  // namespace baryon::host::oci
