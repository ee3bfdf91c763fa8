#include "hypervisor/cli/host_facts.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>

namespace baryon::host {

namespace {

constexpr std::array<const char*, 2> kQemuBinaries{"qemu-system-x86_64", "qemu-system-aarch64"};
constexpr int kQemuPatienceMs = 5000;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

// What "key<blanks>:<value>" of a /proc file says; empty when it is not there.
std::string_view field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trimmed(line.substr(0, colon)) == key)
      return trimmed(line.substr(colon + 1));
  }
  return {};
}

// Everything a descriptor gives until end of file, 64 KiB or `timeout_ms` without data (-1: no limit).
std::string read_descriptor(int descriptor, int timeout_ms) {
  constexpr std::size_t kEnough = 64 * 1024;
  std::string text;
  while (text.size() < kEnough) {
    pollfd waited{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (::poll(&waited, 1, timeout_ms) <= 0) break;
    char buffer[4096];
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

std::string read_small_file(const char* path) {
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::string text = read_descriptor(descriptor, -1);
  ::close(descriptor);
  return text;
}

std::string find_in_path(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    if (directory.empty()) continue;  // the working directory: not a place to run programs from
    std::string candidate = std::string(directory) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

// What `path --version` prints; the process is killed when it stays silent.
std::string version_output(const std::string& path) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::string binary = path;
  char argument[] = "--version";
  char* const argv[] = {binary.data(), argument, nullptr};
  pid_t child = -1;
  const int spawned = ::posix_spawn(&child, path.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string text;
  if (spawned == 0) {
    text = read_descriptor(ends[0], kQemuPatienceMs);
    ::kill(child, SIGKILL);  // nothing when it has ended already: it is a zombie until waited for
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(ends[0]);
  return text;
}

}  // namespace

std::string cpu_model(std::string_view cpuinfo) { return std::string(field(cpuinfo, "model name")); }

std::uint64_t meminfo_bytes(std::string_view meminfo, std::string_view key) {
  const std::string_view value = field(meminfo, key);
  std::uint64_t kibibytes = 0;
  std::from_chars(value.data(), value.data() + value.size(), kibibytes);
  return kibibytes * 1024;
}

std::string selected_choice(std::string_view sysfs_text) {
  const std::size_t open = sysfs_text.find('[');
  const std::size_t close = sysfs_text.find(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  return std::string(sysfs_text.substr(open + 1, close - open - 1));
}

std::string qemu_version(std::string_view first_line) {
  constexpr std::string_view kBefore = "version ";
  const std::size_t at = first_line.find(kBefore);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = first_line.substr(at + kBefore.size());
  return std::string(rest.substr(0, rest.find_first_not_of("0123456789.")));
}

HostFacts collect_host_facts() {
  HostFacts facts;
  if (utsname names{}; ::uname(&names) == 0)
    facts.kernel = std::string(names.sysname) + " " + names.release + " " + names.machine;
  facts.cpu = cpu_model(read_small_file("/proc/cpuinfo"));
  if (cpu_set_t set; ::sched_getaffinity(0, sizeof set, &set) == 0)
    facts.cores = static_cast<unsigned>(CPU_COUNT(&set));
  const std::string meminfo = read_small_file("/proc/meminfo");
  facts.memory_bytes = meminfo_bytes(meminfo, "MemTotal");
  facts.memory_available_bytes = meminfo_bytes(meminfo, "MemAvailable");
  facts.transparent_huge_pages = selected_choice(read_small_file("/sys/kernel/mm/transparent_hugepage/enabled"));
  for (const char* const binary : kQemuBinaries) {
    QemuFact qemu{.binary = binary, .path = find_in_path(binary), .version = {}};
    if (!qemu.path.empty()) qemu.version = qemu_version(version_output(qemu.path));
    facts.qemu.push_back(std::move(qemu));
  }
  return facts;
}

}  // namespace baryon::host
