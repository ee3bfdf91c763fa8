#include "hypervisor/config/option_table.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/support/nearest.hpp"

namespace baryon::host {

namespace {

using Inherited = OptionSpec::Inherited;

// Names in the order of the enumerators, so that the value of an enumerator is the index of its name.
constexpr std::string_view kEngines[] = {
    "auto",
#define BARYON_ENGINE(name) #name,
#include "hypervisor/engine/list/engines.def"
};
constexpr std::array<std::string_view, 3> kPrivileges{"auto", "linked", "split"};
constexpr std::array<std::string_view, 2> kArches{"x86_64", "aarch64"};
constexpr std::array<std::string_view, 3> kPagePolicies{"auto", "eager", "demand"};
constexpr std::array<std::string_view, 6> kLogLevels{"off", "error", "warn", "info", "debug", "trace"};
constexpr std::array<std::string_view, 3> kJails{"auto", "on", "off"};
constexpr std::array<std::string_view, 2> kSwitch{"on", "off"};
constexpr std::array<std::string_view, 2> kCapabilitySets{"container", "all"};

template <class Enum>
Expected<Enum> parse_choice(std::string_view text, std::span<const std::string_view> names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<Enum>(i);
  std::string all = "use";
  for (std::size_t i = 0; i < names.size(); ++i) {
    all += i == 0 ? " " : i + 1 == names.size() ? " or " : ", ";
    all += names[i];
  }
  return fail(quoted(text) + " is not a valid choice", did_you_mean(text, names, "", all));
}

// Makes `guest` free to mount at: drops an inherited mount there, refuses one of the present layer.
Expected<void> claim_mount_point(BootOptions& options, std::string_view guest, Inherited& inherited) {
  const auto bind = std::ranges::find(options.binds, guest, &Bind::guest);
  if (bind != options.binds.end()) {
    if (static_cast<std::size_t>(bind - options.binds.begin()) >= inherited.binds)
      return fail("the guest path " + quoted(guest) + " is mounted twice", "bind or tmpfs each guest path once");
    options.binds.erase(bind);
    --inherited.binds;
  }
  const auto tmpfs = std::ranges::find(options.tmpfs, guest);
  if (tmpfs != options.tmpfs.end()) {
    if (static_cast<std::size_t>(tmpfs - options.tmpfs.begin()) >= inherited.tmpfs)
      return fail("the guest path " + quoted(guest) + " is mounted twice", "bind or tmpfs each guest path once");
    options.tmpfs.erase(tmpfs);
    --inherited.tmpfs;
  }
  return {};
}

Expected<void> apply_engine(BootOptions& options, std::string_view value, Inherited&) {
  options.engine = BARYON_TRY(parse_choice<Engine>(value, kEngines));
  return {};
}
Expected<void> apply_privilege(BootOptions& options, std::string_view value, Inherited&) {
  options.privilege = BARYON_TRY(parse_choice<Privilege>(value, kPrivileges));
  return {};
}
Expected<void> apply_arch(BootOptions& options, std::string_view value, Inherited&) {
  options.arch = BARYON_TRY(parse_choice<Arch>(value, kArches));
  return {};
}
Expected<void> apply_page_policy(BootOptions& options, std::string_view value, Inherited&) {
  options.page_policy = BARYON_TRY(parse_choice<PagePolicy>(value, kPagePolicies));
  return {};
}
Expected<void> apply_log_level(BootOptions& options, std::string_view value, Inherited&) {
  options.log_level = BARYON_TRY(parse_choice<LogLevel>(value, kLogLevels));
  return {};
}
Expected<void> apply_jail(BootOptions& options, std::string_view value, Inherited&) {
  options.jail = BARYON_TRY(parse_choice<Jail>(value, kJails));
  return {};
}
Expected<void> apply_rewrite(BootOptions& options, std::string_view value, Inherited&) {
  options.rewrite = BARYON_TRY(parse_switch(value));
  return {};
}
Expected<void> apply_memory(BootOptions& options, std::string_view value, Inherited&) {
  options.memory_bytes = BARYON_TRY(parse_memory(value));
  return {};
}
Expected<void> apply_cpus(BootOptions& options, std::string_view value, Inherited&) {
  options.cpus = static_cast<unsigned>(BARYON_TRY(parse_integer(value, kMinCpus, kMaxCpus)));
  return {};
}
Expected<void> apply_root(BootOptions& options, std::string_view value, Inherited&) {
  options.root = BARYON_TRY(parse_root(value));
  return {};
}
Expected<void> apply_bind(BootOptions& options, std::string_view value, Inherited& inherited) {
  Bind bind = BARYON_TRY(parse_bind(value));
  BARYON_TRY(claim_mount_point(options, bind.guest, inherited));
  options.binds.push_back(std::move(bind));
  return {};
}
Expected<void> apply_tmpfs(BootOptions& options, std::string_view value, Inherited& inherited) {
  std::string guest = BARYON_TRY(parse_mount_point(value));
  BARYON_TRY(claim_mount_point(options, guest, inherited));
  options.tmpfs.push_back(std::move(guest));
  return {};
}
// The last value of a key wins, as with env(1).
Expected<void> apply_env(BootOptions& options, std::string_view value, Inherited&) {
  std::string entry = BARYON_TRY(parse_environment(value));
  const std::string_view key_and_equals = std::string_view(entry).substr(0, entry.find('=') + 1);
  const auto same_key =
      std::ranges::find_if(options.env, [&](const std::string& other) { return other.starts_with(key_and_equals); });
  if (same_key != options.env.end()) *same_key = std::move(entry);
  else options.env.push_back(std::move(entry));
  return {};
}
Expected<void> apply_cwd(BootOptions& options, std::string_view value, Inherited&) {
  options.cwd = BARYON_TRY(parse_guest_path(value));
  return {};
}
Expected<void> apply_capabilities(BootOptions& options, std::string_view value, Inherited&) {
  enum class Set : std::uint8_t { container, all };
  const Set set = BARYON_TRY(parse_choice<Set>(value, kCapabilitySets));
  abi::ProgramIdentity& who = options.identity;
  who.flags &= ~abi::kIdentityCapabilities;
  if (set == Set::container) return {};  // the guest kernel's own choice
  who.flags |= abi::kIdentityCapabilities;
  constexpr std::uint64_t kAll = (std::uint64_t{1} << 41) - 1;  // capabilities(7)
  who.permitted = who.effective = who.bounding = kAll;
  return {};
}
Expected<void> apply_strace(BootOptions& options, std::string_view value, Inherited&) {
  if (value.empty()) options.strace = {.to = StraceOptions::To::standard_error, .file = {}};
  else options.strace = {.to = StraceOptions::To::file, .file = BARYON_TRY(parse_host_path(value))};
  return {};
}
Expected<void> apply_stats(BootOptions& options, std::string_view value, Inherited&) {
  options.stats_file = BARYON_TRY(parse_host_path(value));
  return {};
}

using enum OptionGroup;
using enum Arity;

constexpr OptionSpec kOptions[] = {
    {"engine", "ENGINE", "what executes the guest; auto takes kvm where /dev/kvm works, tcg (QEMU) otherwise [auto]",
     machine, ValueKind::choice, once, kEngines, apply_engine},
    {"privilege", "MODEL",
     "where the guest kernel runs: linked shares the program's level, split has its own; auto probes the CPU [auto]",
     machine, ValueKind::choice, once, kPrivileges, apply_privilege},
    {"arch", "ARCH", "architecture of the guest [the host's]", machine, ValueKind::choice, once, kArches, apply_arch},
    {"memory",
     "SIZE",
     "guest memory, with suffix K, M or G; only what is touched is used [512M]",
     machine,
     ValueKind::size,
     once,
     {},
     apply_memory},
    {"cpus", "N", "number of vCPUs [1]", machine, ValueKind::integer, once, {}, apply_cpus},
    {"page-policy", "POLICY", "when anonymous memory gets pages: eager on mmap, demand on first touch [auto]", machine,
     ValueKind::choice, once, kPagePolicies, apply_page_policy},
    {"jail", "MODE", "what is left of the host to baryon's own process once the program runs [auto]", machine,
     ValueKind::choice, once, kJails, apply_jail},
    {"rewrite", "on|off", "turn system call sites into jumps, privilege model linked only [on]", machine,
     ValueKind::choice, once, kSwitch, apply_rewrite},

    {"root",
     "DIR[:ro|rw|overlay]",
     "host directory that becomes / of the guest; overlay keeps changes in memory, until the end [/:ro]",
     files,
     ValueKind::directory,
     once,
     {},
     apply_root},
    {"bind",
     "HOST:GUEST[:ro|rw]",
     "show a host file or directory at a guest path, read-only unless rw is given",
     files,
     ValueKind::directory,
     repeated,
     {},
     apply_bind},
    {"tmpfs",
     "PATH",
     "mount an empty file system in memory at a guest path",
     files,
     ValueKind::text,
     repeated,
     {},
     apply_tmpfs},

    {"env",
     "KEY=VALUE",
     "set an environment variable; the host's are not passed on [PATH, HOME, TERM]",
     process,
     ValueKind::text,
     repeated,
     {},
     apply_env},
    {"cwd",
     "DIR",
     "the program's working directory in the guest [the host's under --root /, else /]",
     process,
     ValueKind::directory,
     once,
     {},
     apply_cwd},
    {"capabilities", "SET",
     "what root may do in the guest: what a container's root may, or all, as mounting file systems [container]",
     process, ValueKind::choice, once, kCapabilitySets, apply_capabilities},

    {"strace",
     "FILE",
     "trace the guest's system calls to stderr, or to FILE",
     observation,
     ValueKind::file,
     optional_value,
     {},
     apply_strace},
    {"stats",
     "FILE",
     "write counters and boot phases to FILE as JSON at the end",
     observation,
     ValueKind::file,
     once,
     {},
     apply_stats},
    {"log-level", "LEVEL", "how much baryon says about itself on stderr [warn]", observation, ValueKind::choice, once,
     kLogLevels, apply_log_level},
};

}  // namespace

std::span<const OptionSpec> option_table() { return kOptions; }

const OptionSpec* find_option(std::string_view name) {
  const auto found = std::ranges::find(kOptions, name, &OptionSpec::name);
  return found == std::end(kOptions) ? nullptr : found;
}

std::string_view title_of(OptionGroup group) {
  switch (group) {
    case machine: return "Machine";
    case files: return "Files";
    case process: return "Process";
    case observation: return "Observation";
  }
  return "?";
}

std::string_view to_string(Engine engine) { return kEngines[static_cast<std::size_t>(engine)]; }
std::string_view to_string(Privilege privilege) { return kPrivileges[static_cast<std::size_t>(privilege)]; }
std::string_view to_string(Arch arch) { return kArches[static_cast<std::size_t>(arch)]; }
std::string_view to_string(PagePolicy policy) { return kPagePolicies[static_cast<std::size_t>(policy)]; }
std::string_view to_string(LogLevel level) { return kLogLevels[static_cast<std::size_t>(level)]; }

}  // namespace baryon::host
