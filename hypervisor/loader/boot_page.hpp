// Fills what the layout has placed: boot page, string tables, vCPU pages, descriptor and page tables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"

namespace baryon::host {

struct GuestMount {
  std::string path;  // absolute guest path
  abi::MountKind kind = abi::MountKind::hostfs;
  bool read_only = false;
  std::uint32_t host_handle = 0;  // hostfs
  bool overlay = false;           // hostfs: shown through an overlay in memory
};

// Everything the boot page says that is not an address.
struct BootContents {
  std::uint32_t machine_flags = 0;  // abi::MachineFlags
  abi::Privilege privilege = abi::Privilege::linked;
  abi::PagePolicy page_policy = abi::PagePolicy::eager;
  abi::LogLevel log_level = abi::LogLevel::warn;
  std::uint32_t flags = 0;           // abi::BootFlags
  std::vector<std::string> program;  // [0] path as given, [1..] argv[0]...
  std::vector<std::string> environment;
  std::vector<GuestMount> mounts;  // the first is "/"
  std::string working_directory;
  std::string host_name;
  abi::ProgramIdentity identity{};
  std::uint32_t unprivileged_port_start = 1024;
  std::vector<std::uint64_t> filter;               // BPF instructions; empty: none
  std::vector<std::uint32_t> streams = {0, 1, 2};  // QCall handles of the program's descriptors, from 0 on
  std::uint64_t host_start_counter = 0;
};

// Bytes that the string tables and the filter take, for plan_boot().
[[nodiscard]] std::uint64_t string_table_bytes(const BootContents& contents);

// Writes all of it into RAM that still reads as zero, except the clock page. Refuses what does not fit the contract's
// fields (too many mounts, too long a working directory).
Expected<void> fill_boot(const GuestMemory& memory, const BootLayout& layout, const KernelImage& image,
                         const BootContents& contents);

}  // namespace baryon::host
