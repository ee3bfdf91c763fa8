#include "hypervisor/sandbox/settings.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hypervisor/config/option_table.hpp"
#include "hypervisor/config/support_matrix.hpp"
#include "hypervisor/sandbox/probe.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host {

namespace {

constexpr const char* kHostName = "baryon";

std::size_t depth(const std::string& path) {
  return path == "/" ? 0 : static_cast<std::size_t>(std::ranges::count(path, '/'));
}

abi::LogLevel guest_level(LogLevel level) {
  static_assert(static_cast<int>(abi::LogLevel::trace) == static_cast<int>(LogLevel::trace));
  return static_cast<abi::LogLevel>(level);
}

}  // namespace

Expected<Choice> choose(const BootOptions& options) {
  // Also when nothing is automatic: it says how system calls arrive, and, if there is no KVM, why.
  const HostProbe probe = probe_host(options.arch);
  Choice choice{.engine = options.engine,
                .privilege = options.privilege,
                .syscall_reaches_cpl0 = probe.cpu.ran && probe.cpu.syscall_reaches_cpl0,
                .why = "as asked for"};
  if (choice.engine == Engine::auto_) {
    if (!probe.automatic.supported) return fail(probe.automatic.why, "baryon doctor says what this host offers");
    choice.engine = probe.automatic.engine;
    choice.why = probe.automatic.why;
  }
  if (choice.privilege == Privilege::auto_) {
    // QEMU executes CPL 0 code as fast as any other.
    choice.privilege = choice.engine == Engine::tcg ? Privilege::split : probe.automatic.privilege;
    if (options.engine != Engine::auto_ && choice.engine == probe.automatic.engine) choice.why = probe.automatic.why;
  }
  if (choice.engine == Engine::tcg) choice.syscall_reaches_cpl0 = true;
  const Combination* const row = find_combination(choice.engine, choice.privilege, options.arch);
  if (row == nullptr || !row->implemented)
    return fail(fmt::format("engine {} with privilege {} for {} is not supported{}{}", to_string(choice.engine),
                            to_string(choice.privilege), to_string(options.arch), row == nullptr ? "" : ": ",
                            row == nullptr ? "" : row->why_not),
                "baryon doctor lists what is");
  if (const std::string_view obstacle = kvm_obstacle(probe, choice.privilege);
      choice.engine == Engine::kvm && !obstacle.empty())
    return fail(fmt::format("privilege {} cannot run here: {}", to_string(choice.privilege), obstacle),
                "use privilege linked");
  return choice;
}

namespace {

// Searchable is what a directory has to be: one that cannot be listed can still be walked through.
Expected<void> check_source(const std::string& what, const std::string& path, bool must_be_directory) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    return fail_errno(fmt::format("{}: cannot open {}", what, path), errno, "name something that exists on the host");
  const bool directory = S_ISDIR(status.st_mode);
  if (must_be_directory && !directory)
    return fail(fmt::format("{}: {} is not a directory", what, path), "name a directory of the host");
  if (!directory && !S_ISREG(status.st_mode))
    return fail(fmt::format("{}: {} is neither a directory nor a regular file", what, path),
                "devices, FIFOs and sockets of the host are not passed through");
  if (::faccessat(AT_FDCWD, path.c_str(), directory ? X_OK : R_OK, AT_EACCESS) != 0)
    return fail_errno(fmt::format("{}: cannot {} {}", what, directory ? "enter" : "read", path), errno,
                      "give the user who runs baryon access to it");
  return {};
}

}  // namespace

Expected<void> check_mounts(const BootOptions& options) {
  BARYON_TRY(check_source("--root", options.root.host, /*must_be_directory=*/true));
  for (const Bind& bind : options.binds) BARYON_TRY(check_source("--bind", bind.host, /*must_be_directory=*/false));
  return {};
}

MountPlan plan_mounts(const BootOptions& options) {
  MountPlan plan;
  const auto add_host = [&](const std::string& host, const std::string& guest, bool read_only, bool overlay = false) {
    const auto handle = kFirstMountHandle + static_cast<std::uint32_t>(plan.host.size());
    plan.host.push_back({.path = host, .read_only = read_only});
    plan.guest.push_back({.path = guest,
                          .kind = abi::MountKind::hostfs,
                          .read_only = read_only,
                          .host_handle = handle,
                          .overlay = overlay});
  };
  add_host(options.root.host, "/", options.root.read_only, options.root.overlay);
  for (const Bind& bind : options.binds) add_host(bind.host, bind.guest, bind.read_only);
  for (const std::string& path : options.tmpfs)
    plan.guest.push_back({.path = path, .kind = abi::MountKind::tmpfs, .read_only = false, .host_handle = 0});
  std::ranges::sort(plan.guest, {}, [](const GuestMount& mount) { return std::pair(depth(mount.path), mount.path); });
  return plan;
}

BootContents boot_contents(const BootOptions& options, Engine engine, Privilege privilege, MountPlan& mounts,
                           bool spinner, std::uint64_t start_counter) {
  BootContents contents;
  contents.engine = engine == Engine::tcg ? abi::Engine::tcg : abi::Engine::kvm;
  const bool linked = privilege == Privilege::linked;
  contents.privilege = linked ? abi::Privilege::linked : abi::Privilege::split;
  // Under `linked` a page fault costs two trips through CPL 0, which may be emulated: fewer, larger mappings pay.
  const bool eager = options.page_policy == PagePolicy::eager || (options.page_policy == PagePolicy::auto_ && linked);
  contents.page_policy = eager ? abi::PagePolicy::eager : abi::PagePolicy::demand;
  contents.log_level = guest_level(options.log_level);
  if (options.rewrite && linked) contents.flags |= abi::kBootRewrite;
  if (options.strace.to != StraceOptions::To::off) contents.flags |= abi::kBootStrace;
  if (spinner) contents.flags |= abi::kBootSpinner;
  if (options.log_level >= LogLevel::debug) contents.flags |= abi::kBootDebug;

  contents.program = {options.program, options.program};
  contents.program.insert(contents.program.end(), options.args.begin(), options.args.end());
  contents.environment = options.env;
  contents.mounts = std::move(mounts.guest);
  contents.working_directory = options.cwd;
  contents.host_name = options.host_name.empty() ? kHostName : options.host_name;
  contents.identity = options.identity;
  contents.filter = options.filter;
  contents.host_start_counter = start_counter;
  return contents;
}

}  // namespace baryon::host
