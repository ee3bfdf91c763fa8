// linux.seccomp of a bundle (config-linux.md, "Seccomp"): which system calls the container's programs may make. It is
// compiled to BPF here and enforced by the guest kernel, whose calls these are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/oci/json.hpp"

namespace baryon::host::oci {

struct SeccompArgument {
  unsigned index = 0;
  std::uint64_t value = 0, value_two = 0;
  int comparison = 0;  // enum scmp_compare
};

struct SeccompRule {
  std::vector<std::string> names;
  std::uint32_t action = 0;  // SCMP_ACT_…, data included
  std::vector<SeccompArgument> arguments;
};

struct SeccompProfile {
  std::uint32_t default_action = 0;
  std::vector<SeccompRule> rules;
};

// Refused: actions and comparisons that the specification does not have, and those that need a process of the host to
// decide (SCMP_ACT_NOTIFY).
[[nodiscard]] Expected<SeccompProfile> parse_seccomp(const Node& node);

// The program for one architecture, instructions of 8 bytes. As runc: names that nobody knows are passed over, and
// calls that are newer than any that the profile names fail with ENOSYS, so that C libraries fall back (runc's
// patchbpf).
[[nodiscard]] Expected<std::vector<std::uint64_t>> compile_seccomp(const SeccompProfile& profile, Arch arch);

}  // namespace baryon::host::oci
