#include "hypervisor/oci/cgroup.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "hypervisor/oci/file.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// mountinfo writes blanks, tabs, newlines and backslashes in paths as \ooo (proc(5)).
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct MountedHierarchy {
  std::string mount_point, root;
  bool unified;
  std::vector<std::string_view> options;  // of the super block: controllers among others
};

std::vector<MountedHierarchy> cgroup_mounts(std::string_view mountinfo) {
  std::vector<MountedHierarchy> all;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::size_t dash = line.find(" - cgroup");
    if (dash == std::string_view::npos) continue;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    all.push_back({unescaped(left[4]), unescaped(left[3]), right[0] == "cgroup2", split(right[2], ',')});
  }
  return all;
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// A new version 1 cpuset has no processors and no memory until it is told (cpuset(7)).
void inherit_cpuset(const std::string& directory) {
  const std::string parent = directory.substr(0, directory.rfind('/'));
  for (const char* const name : {"/cpuset.cpus", "/cpuset.mems"}) {
    if (!read_line(directory + name).empty()) continue;
    if (const auto written = write_control_file(directory + name, read_line(parent + name)); !written)
      log::debug("{}", written.error().what);
  }
}

Expected<void> make_cgroup(const Cgroup& cgroup, std::size_t from) {
  for (std::size_t slash = cgroup.directory.find('/', from);; slash = cgroup.directory.find('/', slash + 1)) {
    const std::string part = cgroup.directory.substr(0, slash);
    // Controllers are handed down level by level; those that cannot be are found missing when a limit needs them.
    if (cgroup.unified) {
      const std::string parent = part.substr(0, part.rfind('/'));
      std::string enable;
      for (const std::string_view controller : split(read_line(parent + "/cgroup.controllers"), ' '))
        if (!controller.empty()) enable += (enable.empty() ? "+" : " +") + std::string(controller);
      if (!enable.empty()) static_cast<void>(write_control_file(parent + "/cgroup.subtree_control", enable));
    }
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST)
      return fail_errno("cannot create the control group " + part, errno, "run as root, or see linux.cgroupsPath");
    if (std::ranges::find(cgroup.controllers, "cpuset") != cgroup.controllers.end()) inherit_cpuset(part);
    if (slash == std::string::npos) return {};
  }
}

}  // namespace

std::vector<Hierarchy> parse_hierarchies(std::string_view cgroup, std::string_view mountinfo) {
  const auto mounts = cgroup_mounts(mountinfo);
  std::vector<Hierarchy> all;
  for (const std::string_view line : split(cgroup, '\n')) {
    // "4:memory:/a/b"; version 2 is "0::/a/b" (cgroups(7)).
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    Hierarchy hierarchy;
    const std::string_view names = line.substr(first + 1, second - first - 1);
    hierarchy.unified = names.empty();
    if (!names.empty())
      for (const std::string_view name : split(names, ',')) hierarchy.controllers.emplace_back(name);
    hierarchy.own_path = line.substr(second + 1);
    for (const MountedHierarchy& mount : mounts) {
      if (mount.unified != hierarchy.unified) continue;
      if (!hierarchy.unified &&
          std::ranges::find(mount.options, std::string_view(hierarchy.controllers[0])) == mount.options.end())
        continue;
      hierarchy.mount_point = mount.mount_point;
      // In a container the mount may show a part of the hierarchy only; paths are then relative to that part.
      if (mount.root != "/" && hierarchy.own_path.starts_with(mount.root))
        hierarchy.own_path = hierarchy.own_path.substr(mount.root.size());
      break;
    }
    if (hierarchy.own_path.empty()) hierarchy.own_path = "/";
    if (!hierarchy.mount_point.empty()) all.push_back(std::move(hierarchy));
  }
  return all;
}

std::vector<Hierarchy> find_hierarchies() {
  return parse_hierarchies(read_file("/proc/self/cgroup").value_or(""),
                           read_file("/proc/self/mountinfo", 16u << 20).value_or(""));
}

Expected<std::vector<Cgroup>> plan_cgroups(const std::vector<Hierarchy>& hierarchies, const std::string& cgroups_path,
                                           const std::string& id) {
  const std::string path = cgroups_path.empty() ? id : cgroups_path;
  for (const std::string_view part : split(path, '/'))
    if (part == "..") return fail("config.json: linux.cgroupsPath: '" + path + "' contains '..'");
  if (path.find(':') != std::string::npos)
    return fail("config.json: linux.cgroupsPath: '" + path + "' is in systemd's form",
                "configure the engine for cgroupfs, for example podman --cgroup-manager=cgroupfs");
  std::vector<Cgroup> all;
  for (const Hierarchy& hierarchy : hierarchies) {
    std::string directory = hierarchy.mount_point;
    if (!path.starts_with('/')) directory += (hierarchy.own_path == "/" ? "" : hierarchy.own_path) + "/";
    directory += path;
    while (directory.ends_with('/')) directory.pop_back();
    if (directory.size() <= hierarchy.mount_point.size())
      return fail("config.json: linux.cgroupsPath: '" + path + "' is the root of all control groups");
    all.push_back({std::move(directory), hierarchy.controllers, hierarchy.unified});
  }
  return all;
}

Expected<void> make_cgroups(const std::vector<Cgroup>& cgroups) {
  for (const Cgroup& cgroup : cgroups) {
    // Most often the parent is there, and hands down what it has.
    if (!cgroup.unified && ::mkdir(cgroup.directory.c_str(), 0755) == 0) {
      if (std::ranges::find(cgroup.controllers, "cpuset") != cgroup.controllers.end()) inherit_cpuset(cgroup.directory);
      continue;
    }
    // Mount points exist; everything below may have to be made.
    std::size_t from = 1;
    while (from != std::string::npos && is_directory(cgroup.directory.substr(0, cgroup.directory.find('/', from)))) {
      const std::size_t next = cgroup.directory.find('/', from);
      if (next == std::string::npos) break;
      from = next + 1;
    }
    BARYON_TRY(make_cgroup(cgroup, from));
  }
  return {};
}

Expected<void> join_cgroups(const std::vector<Cgroup>& cgroups, Join which) {
  for (const Cgroup& cgroup : cgroups)
    if (which == Join::all || !cgroup.unified)
      BARYON_TRY(write_control_file(cgroup.directory + (cgroup.unified ? "/cgroup.procs" : "/tasks"), "0"));
  return {};
}

std::vector<pid_t> cgroup_processes(const std::vector<std::string>& directories) {
  std::vector<pid_t> all;
  for (const std::string& directory : directories) {
    const auto text = read_file(directory + "/cgroup.procs");
    if (!text) continue;
    for (const std::string_view line : split(*text, '\n')) {
      pid_t pid = 0;
      std::from_chars(line.data(), line.data() + line.size(), pid);
      if (pid > 0 && std::ranges::find(all, pid) == all.end()) all.push_back(pid);
    }
  }
  return all;
}

void remove_cgroups(const std::vector<std::string>& directories) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    bool busy = false;
    for (const std::string& directory : directories)
      if (::rmdir(directory.c_str()) != 0 && errno == EBUSY) busy = true;
    if (!busy) return;
    for (const pid_t pid : cgroup_processes(directories)) ::kill(pid, SIGKILL);
    const timespec pause{.tv_sec = 0, .tv_nsec = attempt < 20 ? 500'000 : 5'000'000};
    ::nanosleep(&pause, nullptr);
  }
  log::warn("control groups of the container could not be removed: they have processes or children");
}

std::vector<Cgroup> known_cgroups(const ContainerState& state) {
  std::vector<Cgroup> all;
  for (const Hierarchy& hierarchy : find_hierarchies())
    for (const std::string& directory : state.cgroups)
      if (directory.starts_with(hierarchy.mount_point + "/"))
        all.push_back({directory, hierarchy.controllers, hierarchy.unified});
  return all;
}

bool is_frozen(const ContainerState& state) {
  for (const std::string& directory : state.cgroups) {
    const std::string legacy = read_line(directory + "/freezer.state");
    if (legacy == "FROZEN" || legacy == "FREEZING") return true;
    if (legacy.empty() && read_line(directory + "/cgroup.freeze") == "1") return true;
  }
  return false;
}

Expected<void> set_frozen(const ContainerState& state, bool frozen) {
  for (const std::string& directory : state.cgroups)
    if (const std::string file = directory + "/freezer.state"; ::access(file.c_str(), W_OK) == 0)
      return write_control_file(file, frozen ? "FROZEN" : "THAWED");
  for (const std::string& directory : state.cgroups)
    if (const std::string file = directory + "/cgroup.freeze"; ::access(file.c_str(), W_OK) == 0)
      return write_control_file(file, frozen ? "1" : "0");
  return fail("container " + state.id + " has no control group that can be frozen",
              "pause needs the freezer controller or cgroup version 2");
}

}  // namespace baryon::host::oci
