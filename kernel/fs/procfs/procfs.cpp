// The top of /proc.
#include "kernel/fs/procfs/procfs.hpp"

#include "kernel/fs/procfs/tables.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::fs {
namespace {

using namespace proc;

Result<void> self(const Subject&, String& out) { return out.appendf("%u", sched::current_process().pid()); }
Result<void> thread_self(const Subject&, String& out) {
  return out.appendf("%u/task/%u", sched::current_process().pid(), sched::current().tid());
}
Result<void> self_mounts(const Subject&, String& out) { return out.append("self/mounts"); }
Result<void> self_net(const Subject&, String& out) { return out.append("self/net"); }
Result<void> empty_line(const Subject&, String& out) { return out.append('\n'); }
Result<void> swaps(const Subject&, String& out) {
  return out.append("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

constexpr Node kTopNodes[] = {
    file("cgroups", cgroups),
    file("cmdline", empty_line),
    file("cpuinfo", cpu_info),
    file("devices", devices),
    file("diskstats", no_lines),
    file("filesystems", file_systems),
    file("interrupts", interrupts),
    file("loadavg", load_average),
    file("meminfo", memory_info),
    file("misc", no_lines),
    file("modules", no_lines),
    link("mounts", self_mounts),
    link("net", self_net),
    file("partitions", partitions),
    link("self", self),
    file("softirqs", soft_interrupts),
    file("stat", system_stat),
    file("swaps", swaps),
    directory("sys", kSysctlNodes),
    directory("sysvipc", kIpcNodes),
    link("thread-self", thread_self),
    file("uptime", uptime),
    file("version", version),
    file("vmstat", vm_statistics),
};
constexpr Node kTop = directory("", kTopNodes, &kProcesses);

}  // namespace

Result<Ref<Inode>> mount_procfs() {
  constexpr u64 kMagic = 0x9fa0;  // PROC_SUPER_MAGIC
  Ref<FileSystem> fs = TRY(make_ref<NodeFs>("proc", kMagic, false));
  return NodeInode::make(*fs, kTop, {});
}

}  // namespace baryon::fs
