// The files in which limits are written: Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst of Linux.
#include <unistd.h>

#include <algorithm>
#include <string>

#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/file.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

// Threads of the host process, and the kernel's workers for its io_uring, count as tasks of the group.
constexpr std::int64_t kHostTasks = 64;

struct Limit {
  std::string file;
  std::string value;
  bool required = true;  // false: a wish, or a file that not every kernel has
};

const Cgroup* group_with(const std::vector<Cgroup>& cgroups, const Limit& limit) {
  const std::string controller = limit.file.substr(0, limit.file.find('.'));
  for (const Cgroup& cgroup : cgroups) {
    const bool fits = cgroup.unified || std::ranges::find(cgroup.controllers, controller) != cgroup.controllers.end();
    if (fits && ::access((cgroup.directory + "/" + limit.file).c_str(), W_OK) == 0) return &cgroup;
  }
  return nullptr;
}

std::string number_or(std::int64_t value, std::string_view unlimited) {
  return value < 0 ? std::string(unlimited) : std::to_string(value);
}

bool has_controller(const std::vector<Cgroup>& cgroups, std::string_view controller) {
  return std::ranges::any_of(cgroups, [&](const Cgroup& cgroup) {
    return !cgroup.unified && std::ranges::find(cgroup.controllers, controller) != cgroup.controllers.end();
  });
}

void memory_limits(const std::vector<Cgroup>& cgroups, const Resources& r, std::vector<Limit>& out) {
  if (has_controller(cgroups, "memory")) {
    if (r.memory_limit && *r.memory_limit != 0)
      out.push_back({"memory.limit_in_bytes", number_or(*r.memory_limit, "-1")});
    if (r.memory_swap && *r.memory_swap != 0)
      out.push_back({"memory.memsw.limit_in_bytes", number_or(*r.memory_swap, "-1"), false});
    if (r.memory_reservation && *r.memory_reservation != 0)
      out.push_back({"memory.soft_limit_in_bytes", number_or(*r.memory_reservation, "-1"), false});
    return;
  }
  if (r.memory_limit && *r.memory_limit != 0) out.push_back({"memory.max", number_or(*r.memory_limit, "max")});
  // The specification counts memory and swap together, version 2 swap alone.
  if (r.memory_swap && *r.memory_swap != 0) {
    const bool both = *r.memory_swap > 0 && r.memory_limit.value_or(0) > 0;
    out.push_back({"memory.swap.max",
                   both ? std::to_string(std::max<std::int64_t>(0, *r.memory_swap - *r.memory_limit)) : "max", false});
  }
  if (r.memory_reservation && *r.memory_reservation != 0)
    out.push_back({"memory.low", number_or(*r.memory_reservation, "max"), false});
}

void cpu_limits(const std::vector<Cgroup>& cgroups, const Resources& r, std::vector<Limit>& out) {
  const bool legacy = has_controller(cgroups, "cpu");
  if (r.cpu_shares && *r.cpu_shares != 0) {
    // runc's conversion: [2, 262144] to [1, 10000].
    const std::int64_t shares = std::clamp<std::int64_t>(*r.cpu_shares, 2, 262144);
    if (legacy) out.push_back({"cpu.shares", std::to_string(shares), false});
    else out.push_back({"cpu.weight", std::to_string(1 + (shares - 2) * 9999 / 262142), false});
  }
  const std::int64_t quota = r.cpu_quota.value_or(0);
  const std::int64_t period = r.cpu_period.value_or(0);
  if (legacy) {
    if (period != 0) out.push_back({"cpu.cfs_period_us", std::to_string(period)});
    if (quota != 0) out.push_back({"cpu.cfs_quota_us", number_or(quota, "-1")});
  } else if (quota != 0 || period != 0) {
    out.push_back(
        {"cpu.max", fmt::format("{} {}", quota > 0 ? std::to_string(quota) : "max", period != 0 ? period : 100'000)});
  }
  if (r.cpuset_cpus) out.push_back({"cpuset.cpus", *r.cpuset_cpus});
  if (r.cpuset_mems) out.push_back({"cpuset.mems", *r.cpuset_mems});
}

}  // namespace

Expected<void> apply_resources(const std::vector<Cgroup>& cgroups, const Resources& resources) {
  std::vector<Limit> limits;
  memory_limits(cgroups, resources, limits);
  cpu_limits(cgroups, resources, limits);
  if (const std::int64_t pids = resources.pids_limit.value_or(0); pids != 0)
    limits.push_back({"pids.max", pids > 0 ? std::to_string(pids + kHostTasks) : "max"});
  if (const std::int64_t weight = resources.block_weight.value_or(0); weight != 0) {
    limits.push_back({"blkio.weight", std::to_string(weight), false});
    limits.push_back({"io.weight", std::to_string(1 + (weight - 10) * 9999 / 990), false});
  }
  for (const auto& [file, value] : resources.unified) limits.push_back({file, value});

  for (const Limit& limit : limits) {
    const Cgroup* const group = group_with(cgroups, limit);
    if (group == nullptr) {
      if (limit.required)
        return fail(
            fmt::format("cannot set {} to {}: no control group of this container has it", limit.file, limit.value),
            "this host lacks the controller; drop the limit (linux.resources) or enable it");
      log::debug("{} is not there: {} is not set", limit.file, limit.value);
      continue;
    }
    if (auto written = write_control_file(group->directory + "/" + limit.file, limit.value); !written) {
      if (limit.required) return std::unexpected(std::move(written).error());
      log::debug("{}", written.error().what);
    }
  }
  return {};
}

}  // namespace baryon::host::oci
