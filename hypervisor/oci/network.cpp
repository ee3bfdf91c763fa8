#include "hypervisor/oci/network.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/oci/file.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

constexpr const char* kPortStart = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
constexpr std::uint32_t kUsualPortStart = 1024;

void bring_up_loopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0) {
    request.ifr_flags |= IFF_UP;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0) return;
  }
  log::debug("the loopback interface stays down: error {}", errno);
}

ino_t current_namespace() {
  struct stat status{};
  return ::stat("/proc/self/ns/net", &status) == 0 ? status.st_ino : 0;
}

Expected<void> enter(const Namespace& network) {
  if (network.path.empty()) {
    if (::unshare(CLONE_NEWNET) != 0) return fail_errno("cannot make a network namespace", errno, "run as root");
    bring_up_loopback();
    return {};
  }
  const UniqueFd file(::open(network.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return fail_errno("config.json: linux.namespaces: cannot open " + network.path, errno);
  if (::setns(file.get(), CLONE_NEWNET) != 0)
    return fail_errno("config.json: linux.namespaces: cannot join " + network.path, errno);
  return {};
}

Expected<void> set_sysctls(const Config& config, bool own) {
  for (const auto& [name, value] : config.net_sysctls) {
    if (!own)
      return fail("config.json: linux.sysctl: " + name + " would change the host's network",
                  "give the container a network namespace of its own");
    std::string path = name;
    std::ranges::replace(path, '.', '/');
    if (auto written = write_control_file("/proc/sys/" + path, value); !written)
      return fail("config.json: linux.sysctl: " + name + ": " + written.error().what);
  }
  return {};
}

}  // namespace

Expected<std::uint32_t> enter_network(const Config& config) {
  const ino_t host = current_namespace();
  if (const Namespace* const network = config.find_namespace("network")) BARYON_TRY(enter(*network));
  const bool own = current_namespace() != host;
  BARYON_TRY(set_sysctls(config, own));
  const auto start = parse_integer(read_line(kPortStart), 0, 65536);
  if (own)
    if (auto opened = write_control_file(kPortStart, "0"); !opened)
      log::debug("ports below 1024 stay the host's: {}", opened.error().what);
  return static_cast<std::uint32_t>(start.value_or(kUsualPortStart));
}

}  // namespace baryon::host::oci
