#include "hypervisor/sandbox/settings.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hypervisor/config/option_table.hpp"
#include "hypervisor/engine/kind.hpp"
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
  Choice choice{
      .engine = options.engine, .privilege = options.privilege, .syscall_reaches_cpl0 = false, .why = "as asked for"};
  if (options.engine == Engine::auto_) {
    const EngineChoice chosen = choose_engine(options.arch);
    if (chosen.kind == nullptr) return fail(chosen.why, "baryon doctor says what this host offers");
    choice.engine = chosen.kind->id();
    choice.why = chosen.why;
  }
  const EngineKind& kind = engine_kind(choice.engine);
  // Also when nothing is automatic: it says how system calls arrive.
  const PrivilegeAdvice advice = kind.advise(options.arch);
  choice.syscall_reaches_cpl0 = advice.syscall_reaches_cpl0;
  if (options.privilege == Privilege::auto_) {
    choice.privilege = advice.privilege;
    if (options.engine != Engine::auto_) choice.why = "asked for";
    if (!advice.why.empty()) choice.why += "; " + advice.why;
  }
  const auto what = [&](std::string_view verb) {
    return fmt::format("engine {} with privilege {} {} {}", to_string(choice.engine), to_string(choice.privilege), verb,
                       to_string(options.arch));
  };
  const Combination* const row = find_combination(choice.engine, choice.privilege, options.arch);
  if (row == nullptr) return fail(what("does not exist for"), "baryon doctor lists what does");
  if (const Availability found = kind.availability(*row); !found.usable)
    return fail(what("cannot run") + " here: " + found.reason, "baryon doctor lists what can");
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

BootContents boot_contents(const BootOptions& options, Privilege privilege, std::uint32_t machine_flags,
                           MountPlan& mounts, bool spinner, std::uint64_t start_counter) {
  BootContents contents;
  contents.machine_flags = machine_flags;
  const bool linked = privilege == Privilege::linked;
  contents.privilege = linked ? abi::Privilege::linked : abi::Privilege::split;
  // Under `linked` a page fault costs two trips through CPL 0, which may be emulated: fewer, larger mappings pay.
  const bool eager = options.page_policy == PagePolicy::eager || (options.page_policy == PagePolicy::auto_ && linked);
  contents.page_policy = eager ? abi::PagePolicy::eager : abi::PagePolicy::demand;
  contents.log_level = guest_level(options.log_level);
  if (options.rewrite && linked) contents.flags |= abi::kBootRewrite;
  if (options.strace.to != StraceOptions::To::off) contents.flags |= abi::kBootStrace;
  if (options.as_init) contents.flags |= abi::kBootInit;
  if (spinner) contents.flags |= abi::kBootSpinner;
  if (options.log_level >= LogLevel::debug) contents.flags |= abi::kBootDebug;

  contents.program = {options.program, options.program};
  contents.program.insert(contents.program.end(), options.args.begin(), options.args.end());
  contents.environment = options.env;
  contents.mounts = std::move(mounts.guest);
  contents.working_directory = options.cwd;
  contents.host_name = options.host_name.empty() ? kHostName : options.host_name;
  contents.identity = options.identity;
  contents.unprivileged_port_start = options.unprivileged_port_start;
  contents.filter = options.filter;
  contents.host_start_counter = start_counter;
  return contents;
}

}  // namespace baryon::host
