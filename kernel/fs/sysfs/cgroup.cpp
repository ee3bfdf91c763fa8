// /sys/fs/cgroup: the unified hierarchy (v2) as a container with a cgroup name space sees its own group. Run-time
// libraries read limits here; the sandbox's are its memory and its vCPUs, and cannot be changed from inside.
#include "kernel/fs/procfs/procfs.hpp"
#include "kernel/fs/procfs/tables.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/scheduler.hpp"

namespace baryon::fs {
namespace {

using namespace proc;

Result<void> controllers(const Subject&, String& out) { return out.append("cpuset cpu memory pids\n"); }
Result<void> nothing(const Subject&, String&) { return {}; }
Result<void> domain(const Subject&, String& out) { return out.append("domain\n"); }
Result<void> unlimited(const Subject&, String& out) { return out.append("max\n"); }
Result<void> zero(const Subject&, String& out) { return out.append("0\n"); }

Result<void> processes(const Subject&, String& out) {
  for (Ref<sched::Process> p = sched::next_process(0); p; p = sched::next_process(p->pid() + 1))
    TRY(out.appendf("%u\n", p->pid()));
  return {};
}
Result<void> group_events(const Subject&, String& out) { return out.append("populated 1\nfrozen 0\n"); }

// --- cpu: as many CPUs as there are, all the time ---
Result<void> cpu_max(const Subject&, String& out) { return out.appendf("%u 100000\n", sched::cpu_count() * 100'000); }
Result<void> cpu_weight(const Subject&, String& out) { return out.append("100\n"); }
Result<void> cpu_statistics(const Subject&, String& out) {
  u64 total = 0;
  for (Ref<sched::Process> p = sched::next_process(0); p; p = sched::next_process(p->pid() + 1)) total += p->cpu_ns();
  TRY(out.appendf("usage_usec %lu\nuser_usec %lu\nsystem_usec 0\n", total / 1000, total / 1000));
  return out.append("nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n");
}
Result<void> cpus(const Subject&, String& out) { return append_list(sched::online_cpus(), out); }
Result<void> memory_nodes(const Subject&, String& out) { return out.append("0\n"); }

// --- memory: the guest's ---
Result<void> memory_max(const Subject&, String& out) {
  return out.appendf("%lu\n", mm::memory_statistics().total * kPageSize);
}
Result<void> memory_current(const Subject&, String& out) {
  return out.appendf("%lu\n", mm::memory_statistics().used * kPageSize);
}
Result<void> memory_events(const Subject&, String& out) {
  return out.append("low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
}
Result<void> memory_statistics(const Subject&, String& out) {
  TRY(out.appendf("anon %lu\n", mm::memory_statistics().used * kPageSize));
  return out.append(
      "file 0\nkernel 0\nkernel_stack 0\npagetables 0\nshmem 0\nfile_mapped 0\nfile_dirty 0\n"
      "inactive_anon 0\nactive_anon 0\ninactive_file 0\nactive_file 0\nslab 0\npgfault 0\npgmajfault 0\n");
}

Result<void> process_count(const Subject&, String& out) { return out.appendf("%u\n", sched::task_count()); }
Result<void> pressure(const Subject&, String& out) {
  return out.append("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
}

constexpr Node kNodes[] = {
    file("cgroup.controllers", controllers),
    file("cgroup.events", group_events),
    file("cgroup.freeze", zero),
    file("cgroup.max.depth", unlimited),
    file("cgroup.max.descendants", unlimited),
    file("cgroup.procs", processes),
    file("cgroup.subtree_control", nothing),
    file("cgroup.threads", processes),
    file("cgroup.type", domain),
    file("cpu.max", cpu_max),
    file("cpu.pressure", pressure),
    file("cpu.stat", cpu_statistics),
    file("cpu.weight", cpu_weight),
    file("cpuset.cpus", cpus),
    file("cpuset.cpus.effective", cpus),
    file("cpuset.mems", memory_nodes),
    file("cpuset.mems.effective", memory_nodes),
    file("memory.current", memory_current),
    file("memory.events", memory_events),
    file("memory.high", unlimited),
    file("memory.low", zero),
    file("memory.max", memory_max),
    file("memory.min", zero),
    file("memory.pressure", pressure),
    file("memory.stat", memory_statistics),
    file("memory.swap.current", zero),
    file("memory.swap.max", zero),
    file("pids.current", process_count),
    file("pids.max", unlimited),
};
constexpr Node kTop = directory("", kNodes);

}  // namespace

Result<Ref<Inode>> mount_cgroup() {
  constexpr u64 kMagic = 0x63677270;  // CGROUP2_SUPER_MAGIC
  Ref<FileSystem> fs = TRY(make_ref<NodeFs>("cgroup2", kMagic, true));
  return NodeInode::make(*fs, kTop, {});
}

}  // namespace baryon::fs
