// Everything a sandbox can be told at start, as plain data.
//
// Filled by the option table (config/option_table.hpp) from a configuration file and then the command line; read by the
// sandbox. Values are syntactically valid and in range when they come out of resolve_options(); whether this host can
// honour them (engine present, path exists, enough memory) is for the sandbox to find out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/architecture.hpp"
#include "hypervisor/support/log_level.hpp"
#include "kernel/abi/program.hpp"

namespace baryon::host {

enum class Engine : std::uint8_t {
  auto_,
#define BARYON_ENGINE(name) name,
#include "hypervisor/engine/list/engines.def"
};
enum class Privilege : std::uint8_t { auto_, linked, split };
enum class Jail : std::uint8_t { auto_, on, off };
enum class PagePolicy : std::uint8_t { auto_, eager, demand };
enum class Arch : std::uint8_t { x86_64, aarch64 };

inline constexpr Arch kHostArch = own_architecture<Arch>();

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

// Limits of the option syntax. The sandbox may refuse more than these (the kernel image has to fit as well).
inline constexpr std::uint64_t kMinMemoryBytes = 4 * kMiB;
inline constexpr std::uint64_t kMaxMemoryBytes = 1024 * kGiB;
inline constexpr unsigned kMinCpus = 1;
inline constexpr unsigned kMaxCpus = 64;

// The directory that becomes the guest's `/`. A relative host path is relative to baryon's working directory.
struct RootOptions {
  std::string host = "/";
  bool read_only = true;
  bool overlay = false;  // changes go to memory and are lost at the end; the host directory is only read
  bool operator==(const RootOptions&) const = default;
};

// One host file or directory seen at an absolute, normalised guest path that is not `/`.
struct Bind {
  std::string host;
  std::string guest;
  bool read_only = true;
  bool operator==(const Bind&) const = default;
};

struct StraceOptions {
  enum class To : std::uint8_t { off, standard_error, file };
  To to = To::off;
  std::string file;  // host path, only with To::file
  bool operator==(const StraceOptions&) const = default;
};

struct BootOptions {
  Engine engine = Engine::auto_;
  Privilege privilege = Privilege::auto_;
  Arch arch = kHostArch;
  std::uint64_t memory_bytes = 512 * kMiB;  // multiple of 4 KiB, kMinMemoryBytes..kMaxMemoryBytes
  unsigned cpus = 1;                        // kMinCpus..kMaxCpus
  PagePolicy page_policy = PagePolicy::auto_;
  Jail jail = Jail::auto_;  // around the host process
  bool rewrite = true;      // of system call sites; means something in privilege model linked only

  RootOptions root;
  std::vector<Bind> binds;         // guest paths unique, also against tmpfs; order as given
  std::vector<std::string> tmpfs;  // absolute, normalised guest paths, unique, not "/"

  std::vector<std::string> env;  // complete environment, "KEY=VALUE", keys unique
  std::string cwd;               // absolute guest path, never empty after resolve_options()

  std::string host_name;  // empty: "baryon"
  abi::ProgramIdentity identity{};
  std::vector<std::uint64_t> filter;  // of the program's system calls: BPF instructions; empty: none
  // The program is a container's init: every signal that can be caught is the program's business, also a second
  // SIGTERM.
  bool as_init = false;
  // Ports below it take CAP_NET_BIND_SERVICE, says the guest kernel; the host may be stricter. ip(7),
  // ip_unprivileged_port_start.
  std::uint32_t unprivileged_port_start = 1024;

  StraceOptions strace;
  std::string stats_file;  // host path; empty: no statistics
  LogLevel log_level = LogLevel::warn;

  std::string program;            // a path in the guest, as typed; never empty
  std::vector<std::string> args;  // without the program, which becomes argv[0]

  bool operator==(const BootOptions&) const = default;
};

}  // namespace baryon::host
