#include "hypervisor/oci/update.hpp"

#include <unistd.h>

#include <cerrno>

#include "hypervisor/oci/cgroup.hpp"

namespace baryon::host::oci {

namespace {

Expected<std::string> read_stdin() {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(0, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read stdin", errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kLongestJson) return fail("stdin holds more than 4 MiB");
  }
}

}  // namespace

Expected<Resources> resources_of(const Parsed& flags) {
  if (flags.has("resources")) {
    const std::string path = flags.value("resources");
    const Json document =
        path == "-" ? BARYON_TRY(parse_json(BARYON_TRY(read_stdin()), "stdin")) : BARYON_TRY(load_json(path));
    return parse_resources(Node(document, path + ":"));
  }
  Resources all;
  all.memory_limit = BARYON_TRY(flags.number("memory"));
  all.memory_reservation = BARYON_TRY(flags.number("memory-reservation"));
  all.memory_swap = BARYON_TRY(flags.number("memory-swap"));
  all.cpu_shares = BARYON_TRY(flags.number("cpu-share"));
  all.cpu_quota = BARYON_TRY(flags.number("cpu-quota"));
  all.cpu_period = BARYON_TRY(flags.number("cpu-period"));
  all.pids_limit = BARYON_TRY(flags.number("pids-limit"));
  all.block_weight = BARYON_TRY(flags.number("blkio-weight"));
  if (flags.has("cpuset-cpus")) all.cpuset_cpus = flags.value("cpuset-cpus");
  if (flags.has("cpuset-mems")) all.cpuset_mems = flags.value("cpuset-mems");
  return all;
}

Expected<void> update_container(const Store& store, const std::string& id, const Parsed& flags) {
  const Resources resources = BARYON_TRY(resources_of(flags));
  const Entry entry = BARYON_TRY(store.lock(id));
  const ContainerState state = BARYON_TRY(store.load(id));
  if (status_of(state, entry.path()) == Status::stopped)
    return fail("container not running", "container " + id + " has ended");
  return apply_resources(known_cgroups(state), resources);
}

}  // namespace baryon::host::oci
