#include "hypervisor/oci/identity.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "hypervisor/support/format.hpp"

namespace baryon::host::oci {

namespace {

// In the order of their numbers (linux/capability.h).
constexpr std::array<std::string_view, 41> kCapabilities = {"CHOWN",
                                                            "DAC_OVERRIDE",
                                                            "DAC_READ_SEARCH",
                                                            "FOWNER",
                                                            "FSETID",
                                                            "KILL",
                                                            "SETGID",
                                                            "SETUID",
                                                            "SETPCAP",
                                                            "LINUX_IMMUTABLE",
                                                            "NET_BIND_SERVICE",
                                                            "NET_BROADCAST",
                                                            "NET_ADMIN",
                                                            "NET_RAW",
                                                            "IPC_LOCK",
                                                            "IPC_OWNER",
                                                            "SYS_MODULE",
                                                            "SYS_RAWIO",
                                                            "SYS_CHROOT",
                                                            "SYS_PTRACE",
                                                            "SYS_PACCT",
                                                            "SYS_ADMIN",
                                                            "SYS_BOOT",
                                                            "SYS_NICE",
                                                            "SYS_RESOURCE",
                                                            "SYS_TIME",
                                                            "SYS_TTY_CONFIG",
                                                            "MKNOD",
                                                            "LEASE",
                                                            "AUDIT_WRITE",
                                                            "AUDIT_CONTROL",
                                                            "SETFCAP",
                                                            "MAC_OVERRIDE",
                                                            "MAC_ADMIN",
                                                            "SYSLOG",
                                                            "WAKE_ALARM",
                                                            "BLOCK_SUSPEND",
                                                            "AUDIT_READ",
                                                            "PERFMON",
                                                            "BPF",
                                                            "CHECKPOINT_RESTORE"};

// In the order of their numbers (asm-generic/resource.h).
constexpr std::array<std::string_view, abi::kResourceLimits> kLimits = {
    "CPU",     "FSIZE", "DATA",  "STACK",      "CORE",     "RSS",  "NPROC",  "NOFILE",
    "MEMLOCK", "AS",    "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};

Expected<std::uint64_t> to_set(std::string_view where, const std::vector<std::string>& names) {
  std::uint64_t set = 0;
  for (const std::string& name : names) {
    const std::string_view bare = name.starts_with("CAP_") ? std::string_view(name).substr(4) : std::string_view();
    const auto* const found = std::ranges::find(kCapabilities, bare);
    if (bare.empty() || found == kCapabilities.end())
      return fail(
          fmt::format("config.json: process.capabilities.{}: there is no capability '{}'", where, name.substr(0, 80)));
    set |= std::uint64_t{1} << (found - kCapabilities.begin());
  }
  return set;
}

}  // namespace

Expected<abi::ProgramIdentity> to_identity(const Process& process) {
  abi::ProgramIdentity identity{};
  identity.flags = abi::kIdentityUser;
  identity.uid = process.user.uid;
  identity.gid = process.user.gid;
  if (process.user.additional_gids.size() > abi::kMaxProgramGroups)
    return fail(fmt::format("config.json: process.user.additionalGids: more than {} groups", abi::kMaxProgramGroups));
  identity.group_count = static_cast<std::uint32_t>(process.user.additional_gids.size());
  std::ranges::copy(process.user.additional_gids, identity.groups);
  if (process.user.umask) {
    identity.flags |= abi::kIdentityUmask;
    identity.umask = *process.user.umask;
  }
  // As runc: a bundle that does not speak of capabilities gives none.
  const Capabilities sets = process.capabilities.value_or(Capabilities{});
  identity.flags |= abi::kIdentityCapabilities;
  identity.bounding = BARYON_TRY(to_set("bounding", sets.bounding));
  identity.inheritable = BARYON_TRY(to_set("inheritable", sets.inheritable));
  identity.ambient = BARYON_TRY(to_set("ambient", sets.ambient));
  for (const auto* const names : {&sets.effective, &sets.permitted})
    static_cast<void>(BARYON_TRY(to_set("effective or permitted", *names)));
  // What execve(2) makes of the sets of the process that calls it, and the program is past that: root gets what the
  // bounding set leaves, others what is ambient (capabilities(7), "Transformation of capabilities during execve()").
  const bool root = identity.uid == 0;
  identity.permitted = root ? identity.bounding | identity.inheritable : identity.ambient;
  identity.effective = identity.permitted;
  if (process.no_new_privileges) identity.flags |= abi::kIdentityNoNewPrivileges;
  for (const Rlimit& limit : process.rlimits) {
    const auto* const found = std::ranges::find(kLimits, std::string_view(limit.type).substr(7));
    if (found == kLimits.end())
      return fail("config.json: process.rlimits: there is no limit '" + limit.type.substr(0, 80) + "'");
    const auto number = static_cast<std::size_t>(found - kLimits.begin());
    identity.limits_given |= 1u << number;
    identity.limits[number] = {.soft = limit.soft, .hard = limit.hard};
  }
  return identity;
}

}  // namespace baryon::host::oci
