// What /proc and /sys say about the system.
#include "kernel/base/random.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/fs/procfs/generated.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/identity.hpp"
#include "kernel/sched/scheduler.hpp"

namespace baryon::fs {
namespace {

using Text = Result<void>;
using Wide = unsigned long long;

u64 uptime_ns() { return sched::monotonic_ns() - sched::boot_ns(); }

u64 idle_total_ns() {
  u64 total = 0;
  for (u32 cpu = 0; cpu < sched::cpu_count(); ++cpu) total += sched::idle_ns(cpu);
  return total;
}

Text meminfo(const Subject&, String& out) {
  const mm::MemoryStatistics m = mm::memory_statistics();
  const Wide total = m.total * 4, free = (m.total - m.used) * 4;
  TRY(out.appendf("MemTotal:       %8llu kB\nMemFree:        %8llu kB\nMemAvailable:   %8llu kB\n", total, free, free));
  TRY(out.append("Buffers:               0 kB\nCached:                0 kB\nSwapCached:            0 kB\n"));
  TRY(out.appendf("Active:         %8llu kB\nInactive:              0 kB\n", total - free));
  TRY(out.append("SwapTotal:             0 kB\nSwapFree:              0 kB\nDirty:                 0 kB\nWriteback:             0 kB\n"));
  TRY(out.appendf("AnonPages:      %8llu kB\nMapped:                0 kB\nShmem:                 0 kB\n", total - free));
  TRY(out.append("Slab:                  0 kB\nSReclaimable:          0 kB\nSUnreclaim:            0 kB\n"));
  TRY(out.appendf("CommitLimit:    %8llu kB\nCommitted_AS:   %8llu kB\n", total, total - free));
  return out.append("VmallocTotal:          0 kB\nVmallocUsed:           0 kB\nHugePages_Total:       0\nHugePages_Free:        0\n"
                    "HugePages_Rsvd:        0\nHugePages_Surp:        0\nHugepagesize:       2048 kB\n");
}

Text cpuinfo(const Subject&, String& out) {
  for (u32 cpu = 0; cpu < sched::cpu_count(); ++cpu) {
    TRY(out.appendf("processor\t: %u\nmodel name\t: Baryon vCPU\nphysical id\t: 0\nsiblings\t: %u\n", cpu, sched::cpu_count()));
    TRY(out.appendf("core id\t\t: %u\ncpu cores\t: %u\nfpu\t\t: yes\n\n", cpu, sched::cpu_count()));
  }
  return {};
}

Text stat(const Subject&, String& out) {
  constexpr u64 kTick = 10'000'000;  // USER_HZ = 100
  const u64 up = uptime_ns();
  const u32 cpus = sched::cpu_count();
  const u64 idle = idle_total_ns();
  const u64 busy = up * cpus > idle ? up * cpus - idle : 0;
  TRY(out.appendf("cpu  %llu 0 0 %llu 0 0 0 0 0 0\n", Wide{busy / kTick}, Wide{idle / kTick}));
  for (u32 cpu = 0; cpu < cpus; ++cpu) {
    const u64 cpu_idle = sched::idle_ns(cpu);
    TRY(out.appendf("cpu%u %llu 0 0 %llu 0 0 0 0 0 0\n", cpu, Wide{(up > cpu_idle ? up - cpu_idle : 0) / kTick}, Wide{cpu_idle / kTick}));
  }
  TRY(out.appendf("intr 0\nctxt %llu\nbtime %llu\n", Wide{sched::context_switches()},
                  Wide{(sched::realtime_ns() - up) / sched::kNsPerSecond}));
  return out.appendf("processes %u\nprocs_running %u\nprocs_blocked 0\n", sched::task_count(), sched::runnable_tasks());
}

Text uptime(const Subject&, String& out) {
  const u64 up = uptime_ns() / 10'000'000, idle = idle_total_ns() / 10'000'000;
  return out.appendf("%llu.%02llu %llu.%02llu\n", Wide{up / 100}, Wide{up % 100}, Wide{idle / 100}, Wide{idle % 100});
}

Text loadavg(const Subject&, String& out) {
  const u32 running = sched::runnable_tasks();
  return out.appendf("%u.00 %u.00 %u.00 %u/%u %u\n", running, running, running, running, sched::task_count(), sched::current_process().pid());
}

Text version(const Subject&, String& out) {
  return out.appendf("%s version %s (baryon) %s\n", sched::kSystemName, sched::kRelease, sched::kBuildVersion);
}

Text filesystems(const Subject&, String& out) { return out.append("nodev\ttmpfs\nnodev\tproc\nnodev\tsysfs\nnodev\thostfs\n"); }

Text self(const Subject&, String& out) { return out.appendf("%u", sched::current_process().pid()); }
Text thread_self(const Subject&, String& out) {
  return out.appendf("%u/task/%u", sched::current_process().pid(), sched::current().tid());
}
Text self_mounts(const Subject&, String& out) { return out.append("self/mounts"); }

Text ostype(const Subject&, String& out) { return out.appendf("%s\n", sched::kSystemName); }
Text osrelease(const Subject&, String& out) { return out.appendf("%s\n", sched::kRelease); }
Text os_version(const Subject&, String& out) { return out.appendf("%s\n", sched::kBuildVersion); }
Text hostname(const Subject&, String& out) { return out.appendf("%s\n", sched::host_name()); }
Text domainname(const Subject&, String& out) { return out.appendf("%s\n", sched::kDomainName); }
Text pid_max(const Subject&, String& out) { return out.append("32768\n"); }
Text threads_max(const Subject&, String& out) { return out.append("32768\n"); }
Text zero_line(const Subject&, String& out) { return out.append("0\n"); }
Text one_line(const Subject&, String& out) { return out.append("1\n"); }
Text somaxconn(const Subject&, String& out) { return out.append("4096\n"); }
Text file_max(const Subject&, String& out) { return out.append("1048576\n"); }
Text pipe_max(const Subject&, String& out) { return out.append("1048576\n"); }
Text max_map_count(const Subject&, String& out) { return out.append("65530\n"); }
Text mmap_min(const Subject&, String& out) { return out.append("65536\n"); }
Text cap_last(const Subject&, String& out) { return out.append("40\n"); }
Text entropy(const Subject&, String& out) { return out.append("256\n"); }

Text append_uuid(const u8 (&b)[16], String& out) {
  TRY(out.appendf("%02x%02x%02x%02x-%02x%02x-4%01x%02x-", b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7]));
  return out.appendf("%02x%02x-%02x%02x%02x%02x%02x%02x\n", (b[8] & 0x3f) | 0x80, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}
Text uuid(const Subject&, String& out) {
  u8 bytes[16];
  random_bytes(bytes, sizeof bytes);
  return append_uuid(bytes, out);
}
Text boot_id(const Subject&, String& out) {
  static u8 bytes[16];
  static bool made = false;
  if (!made) {
    random_bytes(bytes, sizeof bytes);
    made = true;
  }
  return append_uuid(bytes, out);
}

Text cpu_list(const Subject&, String& out) {
  return sched::cpu_count() == 1 ? out.append("0\n") : out.appendf("0-%u\n", sched::cpu_count() - 1);
}
Text huge_page_size(const Subject&, String& out) { return out.append("2097152\n"); }
Text thp_enabled(const Subject&, String& out) { return out.append("[always] madvise never\n"); }

constexpr GeneratedEntry kEnd{nullptr, NodeKind::text, 0};
constexpr GeneratedEntry file(const char* name, Generator generate) { return {name, NodeKind::text, 0444, generate}; }
constexpr GeneratedEntry directory(const char* name, const GeneratedEntry* children) {
  return {name, NodeKind::table, 0555, nullptr, children};
}
constexpr GeneratedEntry link(const char* name, Generator target) { return {name, NodeKind::link, 0777, target}; }

constexpr GeneratedEntry kRandom[] = {file("boot_id", boot_id), file("uuid", uuid), file("entropy_avail", entropy), file("poolsize", entropy), kEnd};
constexpr GeneratedEntry kSysKernel[] = {
    file("ostype", ostype), file("osrelease", osrelease), file("version", os_version), file("hostname", hostname),
    file("domainname", domainname), file("pid_max", pid_max), file("threads-max", threads_max), file("cap_last_cap", cap_last),
    file("randomize_va_space", one_line), file("ngroups_max", file_max), directory("random", kRandom), kEnd};
constexpr GeneratedEntry kSysVm[] = {file("overcommit_memory", zero_line), file("max_map_count", max_map_count),
                                     file("mmap_min_addr", mmap_min), file("swappiness", zero_line), kEnd};
constexpr GeneratedEntry kSysFs[] = {file("file-max", file_max), file("nr_open", file_max), file("pipe-max-size", pipe_max), kEnd};
constexpr GeneratedEntry kSysNetCore[] = {file("somaxconn", somaxconn), kEnd};
constexpr GeneratedEntry kSysNet[] = {directory("core", kSysNetCore), kEnd};
constexpr GeneratedEntry kSys[] = {directory("kernel", kSysKernel), directory("vm", kSysVm), directory("fs", kSysFs), directory("net", kSysNet), kEnd};
constexpr GeneratedEntry kTop[] = {
    link("self", self), link("thread-self", thread_self), link("mounts", self_mounts), file("meminfo", meminfo), file("cpuinfo", cpuinfo),
    file("stat", stat), file("uptime", uptime), file("loadavg", loadavg), file("version", version), file("filesystems", filesystems),
    directory("sys", kSys), kEnd};

constexpr GeneratedEntry kCpu[] = {file("online", cpu_list), file("possible", cpu_list), file("present", cpu_list), kEnd};
constexpr GeneratedEntry kSystem[] = {directory("cpu", kCpu), kEnd};
constexpr GeneratedEntry kDevices[] = {directory("system", kSystem), kEnd};
constexpr GeneratedEntry kThp[] = {file("hpage_pmd_size", huge_page_size), file("enabled", thp_enabled), kEnd};
constexpr GeneratedEntry kMm[] = {directory("transparent_hugepage", kThp), kEnd};
constexpr GeneratedEntry kKernel[] = {directory("mm", kMm), kEnd};
constexpr GeneratedEntry kEmpty[] = {kEnd};
constexpr GeneratedEntry kSysTop[] = {directory("devices", kDevices), directory("kernel", kKernel), directory("fs", kEmpty),
                                      directory("class", kEmpty), directory("block", kEmpty), directory("bus", kEmpty), kEnd};

}  // namespace

constinit const GeneratedEntry kProcRoot{"", NodeKind::proc_root, 0555, nullptr, kTop};
constinit const GeneratedEntry kSysRoot{"", NodeKind::table, 0555, nullptr, kSysTop};

}  // namespace baryon::fs
