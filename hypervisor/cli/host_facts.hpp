// What `baryon doctor` says about the host besides KVM: read from /proc and /sys, and by asking QEMU for its version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baryon::host {

struct QemuFact {
  std::string binary;   // "qemu-system-x86_64"
  std::string path;     // where it was found in PATH; empty: absent
  std::string version;  // "7.2.22"; empty: it did not say
};

// Strings are empty and numbers 0 where the host does not tell.
struct HostFacts {
  std::string kernel;  // "Linux 6.18.44 x86_64"
  std::string cpu;     // model name
  unsigned cores = 0;  // this process may run on
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_available_bytes = 0;
  std::string transparent_huge_pages;  // "always", "madvise" or "never"
  std::vector<QemuFact> qemu;          // one entry per binary looked for, found or not
};

// Starts each QEMU found once, with --version.
[[nodiscard]] HostFacts collect_host_facts();

// Parsers of the sources, for the tests.
[[nodiscard]] std::string cpu_model(std::string_view cpuinfo);
[[nodiscard]] std::uint64_t meminfo_bytes(std::string_view meminfo, std::string_view key);
[[nodiscard]] std::string selected_choice(std::string_view sysfs_text);  // "always [madvise] never" → "madvise"
[[nodiscard]] std::string qemu_version(std::string_view first_line);

}  // namespace baryon::host
