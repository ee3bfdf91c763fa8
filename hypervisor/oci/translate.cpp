#include "hypervisor/oci/translate.hpp"

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "hypervisor/config/option_table.hpp"
#include "hypervisor/config/parse.hpp"
#include "hypervisor/oci/identity.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/nearest.hpp"

namespace baryon::host::oci {

namespace {

constexpr std::string_view kAnnotationPrefix = "dev.baryon.";
// Options that a bundle may set. Not among them: whatever names a file of the host.
constexpr std::array<std::string_view, 8> kAnnotations = {"engine", "privilege",   "arch",    "memory",
                                                          "cpus",   "page-policy", "rewrite", "log-level"};
// What the host process needs beside guest RAM: its own pages, page tables, the kernel's structures for the VM.
constexpr std::int64_t kHostShare = 16 << 20;

bool has_option(const Mount& mount, std::string_view name) {
  return std::ranges::find(mount.options, name) != mount.options.end();
}

std::unexpected<Error> refuse(std::size_t index, const Mount& mount, const std::string& why, std::string hint = {}) {
  return fail(fmt::format("config.json: mounts[{}] at {}: {}", index, mount.destination, why), std::move(hint));
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

// A mount covers what was mounted at its place or below before.
void uncover(BootOptions& options, const std::string& guest) {
  std::erase_if(options.binds, [&](const Bind& bind) { return is_at_or_below(bind.guest, guest); });
  std::erase_if(options.tmpfs, [&](const std::string& path) { return is_at_or_below(path, guest); });
}

Expected<void> add_bind(std::size_t index, const Mount& mount, const std::string& guest, const std::string& bundle,
                        Translation& out) {
  if (mount.source.empty()) return refuse(index, mount, "a bind mount has no source");
  const std::string source = mount.source.starts_with('/') ? mount.source : bundle + "/" + mount.source;
  struct stat status{};
  if (::stat(source.c_str(), &status) != 0)
    return fail_errno(
        fmt::format("config.json: mounts[{}] at {}: cannot find the source {}", index, mount.destination, source),
        errno);
  if (guest == "/proc" || guest == "/sys" || guest == "/dev") {
    out.notes.push_back(guest + " is the sandbox's own, not the host's " + source);
    return {};
  }
  if (guest == "/dev/shm") {
    // Memory that programs of the sandbox share stays in the sandbox.
    uncover(out.options, guest);
    out.options.tmpfs.push_back(guest);
    return {};
  }
  if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
    return refuse(index, mount, source + " is neither a directory nor a regular file",
                  "devices, FIFOs and sockets of the host are not passed into a sandbox");
  uncover(out.options, guest);
  out.options.binds.push_back({.host = source, .guest = guest, .read_only = has_option(mount, "ro")});
  return {};
}

struct BuiltIn {
  std::string_view type;
  std::string_view below;  // where the guest kernel provides it
};
constexpr BuiltIn kBuiltIn[] = {{"proc", "/proc"},
                                {"sysfs", "/sys"},
                                {"devpts", "/dev/pts"},
                                {"mqueue", "/dev/mqueue"},
                                {"cgroup", "/sys/fs/cgroup"},
                                {"cgroup2", "/sys/fs/cgroup"}};

Expected<void> add_mount(std::size_t index, const Mount& mount, const std::string& bundle, Translation& out) {
  const std::string absolute = mount.destination.starts_with('/') ? mount.destination : "/" + mount.destination;
  auto parsed = parse_mount_point(absolute);
  if (!parsed) return refuse(index, mount, parsed.error().what, parsed.error().hint);
  const std::string& guest = *parsed;

  for (const std::string_view option : {"idmap", "ridmap"})
    if (has_option(mount, option)) return refuse(index, mount, fmt::format("{} is not supported", option));
  if (mount.type == "bind" || has_option(mount, "bind") || has_option(mount, "rbind"))
    return add_bind(index, mount, guest, bundle, out);
  for (const BuiltIn& known : kBuiltIn) {
    if (mount.type != known.type) continue;
    if (guest != known.below)
      return refuse(index, mount, fmt::format("{} can only be at {} in a sandbox", mount.type, known.below));
    return {};
  }
  if (mount.type == "tmpfs") {
    if (guest == "/dev" || guest == "/sys/fs/cgroup") return {};  // the guest kernel's own
    for (const std::string& option : mount.options)
      if (option.starts_with("size=") || option == "tmpcopyup")
        out.notes.push_back(fmt::format("mounts[{}] at {}: {} is ignored", index, guest, option));
    uncover(out.options, guest);
    out.options.tmpfs.push_back(guest);
    return {};
  }
  return refuse(index, mount, "the type '" + mount.type + "' is not supported",
                "use bind, tmpfs, proc, sysfs, devpts, mqueue or cgroup");
}

// Read-only and masked paths of the root's own files. Those in /proc and /sys of runc's bundles hide the host's kernel;
// a sandbox has a kernel of its own there.
Expected<void> restrict_paths(const Config& config, Translation& out) {
  const auto own = [](std::string_view path) { return is_at_or_below(path, "/proc") || is_at_or_below(path, "/sys"); };
  for (const std::string& path : config.masked_paths) {
    if (own(path)) continue;
    const std::string guest = BARYON_TRY(parse_mount_point(path));
    struct stat status{};
    const std::string host = out.options.root.host + guest;
    if (::lstat(host.c_str(), &status) != 0) continue;
    uncover(out.options, guest);
    if (S_ISDIR(status.st_mode)) out.options.tmpfs.push_back(guest);
    else
      return fail(fmt::format("config.json: linux.maskedPaths: cannot mask the file {}", path),
                  "directories can be masked, and all of /proc and /sys is the sandbox's own");
  }
  for (const std::string& path : config.read_only_paths) {
    if (own(path) || config.root_read_only) continue;
    const std::string guest = BARYON_TRY(parse_mount_point(path));
    struct stat status{};
    const std::string host = out.options.root.host + guest;
    // Not through symbolic links: they could lead out of the root.
    if (::lstat(host.c_str(), &status) != 0 || (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))) continue;
    uncover(out.options, guest);
    out.options.binds.push_back({.host = host, .guest = guest, .read_only = true});
  }
  return {};
}

unsigned allowed_cpus() {
  cpu_set_t cores;
  return ::sched_getaffinity(0, sizeof cores, &cores) == 0 ? static_cast<unsigned>(CPU_COUNT(&cores)) : 1;
}

// "0-2,7": how many. 0 when it is no such list.
unsigned count_of_list(std::string_view list) {
  unsigned count = 0;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view part = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    const std::size_t dash = part.find('-');
    const auto first = parse_integer(part.substr(0, dash), 0, 65535);
    const auto last = dash == std::string_view::npos ? first : parse_integer(part.substr(dash + 1), 0, 65535);
    if (!first || !last || *last < *first) return 0;
    count += static_cast<unsigned>(*last - *first + 1);
  }
  return count;
}

}  // namespace

std::uint64_t guest_memory_for(std::int64_t limit) {
  const std::int64_t share = std::min(kHostShare, limit / 4);
  const auto bytes = static_cast<std::uint64_t>(limit - share) / (4 * kKiB) * (4 * kKiB);
  return std::clamp(bytes, kMinMemoryBytes, kMaxMemoryBytes);
}

unsigned vcpus_for(const Resources& resources, unsigned host_cpus) {
  unsigned count = host_cpus;
  if (resources.cpuset_cpus)
    if (const unsigned listed = count_of_list(*resources.cpuset_cpus); listed != 0) count = std::min(count, listed);
  const std::int64_t quota = resources.cpu_quota.value_or(0);
  const std::int64_t period = resources.cpu_period.value_or(0) > 0 ? *resources.cpu_period : 100'000;
  if (quota > 0)
    count = std::min(count, static_cast<unsigned>(std::min<std::int64_t>((quota - 1) / period + 1, kMaxCpus)));
  return std::clamp(count, kMinCpus, kMaxCpus);
}

Expected<void> apply_annotations(const Config& config, BootOptions& options) {
  for (const auto& [key, value] : config.annotations) {
    if (!key.starts_with(kAnnotationPrefix)) continue;
    const std::string_view name = std::string_view(key).substr(kAnnotationPrefix.size());
    const OptionSpec* const spec =
        std::ranges::find(kAnnotations, name) == kAnnotations.end() ? nullptr : find_option(name);
    if (spec == nullptr)
      return fail("config.json: unknown annotation '" + key + "'",
                  did_you_mean(name, kAnnotations, kAnnotationPrefix, "see man baryon, ANNOTATIONS"));
    OptionSpec::Inherited inherited;
    if (auto applied = spec->apply(options, value, inherited); !applied)
      return fail("config.json: annotation '" + key + "': " + applied.error().what, applied.error().hint);
  }
  return {};
}

Expected<void> translate_mounts(const Config& config, const std::string& bundle, Translation& out) {
  for (std::size_t i = 0; i < config.mounts.size(); ++i) BARYON_TRY(add_mount(i, config.mounts[i], bundle, out));
  return restrict_paths(config, out);
}

Expected<Translation> translate(const Config& config, const std::string& bundle) {
  Translation out;
  BootOptions& options = out.options;
  options.root.host = config.root_path.starts_with('/') ? config.root_path : bundle + "/" + config.root_path;
  options.root.read_only = config.root_read_only;
  struct stat status{};
  if (::stat(options.root.host.c_str(), &status) != 0)
    return fail_errno("config.json: root.path: cannot find " + options.root.host, errno);
  if (!S_ISDIR(status.st_mode)) return fail("config.json: root.path: " + options.root.host + " is not a directory");

  options.log_level = LogLevel::off;
  options.cpus = vcpus_for(config.resources, allowed_cpus());
  if (config.resources.memory_limit.value_or(0) > 0)
    options.memory_bytes = guest_memory_for(*config.resources.memory_limit);
  options.program = config.process.args[0];
  options.args.assign(config.process.args.begin() + 1, config.process.args.end());
  options.env = config.process.env;
  auto cwd = parse_guest_path(config.process.cwd);
  if (!cwd) return fail("config.json: process.cwd: " + cwd.error().what, cwd.error().hint);
  options.cwd = *cwd;
  options.host_name = config.hostname;
  options.as_init = true;
  options.identity = BARYON_TRY(to_identity(config.process));
  BARYON_TRY(translate_mounts(config, bundle, out));
  BARYON_TRY(apply_annotations(config, options));
  if (config.seccomp) options.filter = BARYON_TRY(compile_seccomp(*config.seccomp, options.arch));
  return out;
}

}  // namespace baryon::host::oci
