#include "hypervisor/oci/templates.hpp"

#include "hypervisor/oci/json.hpp"

namespace baryon::host::oci {

namespace {

// Members in the order in which people read them.
using Ordered = nlohmann::ordered_json;

Ordered mount(const char* destination, const char* type, const char* source, std::vector<std::string> options) {
  Ordered json = {{"destination", destination}, {"type", type}, {"source", source}};
  if (!options.empty()) json["options"] = std::move(options);
  return json;
}

}  // namespace

std::string spec_template(bool rootless) {
  const std::vector<std::string> capabilities = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
  Ordered namespaces = Ordered::array();
  for (const char* const type : {"pid", "network", "ipc", "uts", "mount", "cgroup"})
    namespaces.push_back({{"type", type}});
  Ordered linux_part = {{"resources", Ordered::object()}, {"namespaces", namespaces}};
  if (rootless) {
    linux_part = {{"namespaces", namespaces}};
    linux_part["namespaces"].erase(1);  // without privilege there is no network to be had in a new one
  }
  linux_part["maskedPaths"] = {"/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"};
  linux_part["readonlyPaths"] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  const Ordered process = {
      {"terminal", true},
      {"user", {{"uid", 0}, {"gid", 0}}},
      {"args", std::vector<std::string>{"sh"}},
      {"env", {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"}},
      {"cwd", "/"},
      {"capabilities", {{"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}}},
      {"rlimits", Ordered::array({{{"type", "RLIMIT_NOFILE"}, {"hard", 1024}, {"soft", 1024}}})},
      {"noNewPrivileges", true}};
  Ordered mounts = Ordered::array();
  mounts.push_back(mount("/proc", "proc", "proc", {}));
  mounts.push_back(mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}));
  mounts.push_back(mount("/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance"}));
  mounts.push_back(mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777"}));
  mounts.push_back(mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
  mounts.push_back(mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}));
  const Ordered spec = {
      {"ociVersion", "1.0.2"}, {"process", process}, {"root", {{"path", "rootfs"}, {"readonly", true}}},
      {"hostname", "baryon"},  {"mounts", mounts},   {"linux", linux_part}};
  return spec.dump(2) + "\n";
}

std::string features_text(std::string_view version) {
  const Ordered features = {{"ociVersionMin", "1.0.0"},
                            {"ociVersionMax", "1.0.2"},
                            {"hooks", {"prestart", "createRuntime", "createContainer", "poststart", "poststop"}},
                            {"mountOptions", {"bind", "defaults", "rbind", "ro", "rw"}},
                            {"linux",
                             {{"namespaces", {"cgroup", "ipc", "mount", "network", "pid", "uts"}},
                              {"cgroup", {{"v1", true}, {"v2", true}, {"systemd", false}, {"systemdUser", false}}},
                              {"seccomp", {{"enabled", true}}},
                              {"apparmor", {{"enabled", false}}},
                              {"selinux", {{"enabled", false}}}}},
                            {"annotations", {{"dev.baryon.version", version}}}};
  return features.dump(4) + "\n";
}

}  // namespace baryon::host::oci
