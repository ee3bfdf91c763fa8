// /sys: the part that run-time libraries read about processors and memory. Read-only.
#include "kernel/fs/procfs/procfs.hpp"
#include "kernel/fs/procfs/tables.hpp"
#include "kernel/sched/scheduler.hpp"

namespace baryon::fs {
namespace {

using namespace proc;

// --- devices/system/cpu ---

Result<void> cpus(const Subject&, String& out) { return append_list(sched::online_cpus(), out); }
Result<void> no_cpus(const Subject&, String& out) { return out.append('\n'); }
Result<void> kernel_max(const Subject&, String& out) { return out.appendf("%u\n", abi::kMaxVcpus - 1); }
Result<void> one(const Subject&, String& out) { return out.append("1\n"); }
Result<void> zero(const Subject&, String& out) { return out.append("0\n"); }

// One package with one thread to a core.
Result<void> core_id(const Subject& subject, String& out) { return out.appendf("%u\n", subject.index); }
Result<void> this_cpu_list(const Subject& subject, String& out) { return append_list(u64{1} << subject.index, out); }

constexpr Node kTopology[] = {
    file("core_cpus_list", this_cpu_list), file("core_id", core_id),
    file("core_siblings_list", cpus),      file("package_cpus_list", cpus),
    file("physical_package_id", zero),     file("thread_siblings_list", this_cpu_list),
};
// One cache of each kind and level as far as programs size things by it: they are told what every current CPU has at
// least. The host's real ones are in CPUID.
template <u32 kLevel>
Result<void> cache_level(const Subject&, String& out) {
  return out.appendf("%u\n", kLevel);
}
template <u32 kKilobytes>
Result<void> cache_size(const Subject&, String& out) {
  return out.appendf("%uK\n", kKilobytes);
}
Result<void> cache_line(const Subject&, String& out) { return out.append("64\n"); }
Result<void> data_cache(const Subject&, String& out) { return out.append("Data\n"); }
Result<void> code_cache(const Subject&, String& out) { return out.append("Instruction\n"); }
Result<void> unified_cache(const Subject&, String& out) { return out.append("Unified\n"); }
template <u32 kLevel, u32 kKilobytes, Result<void> (*kType)(const Subject&, String&)>
constexpr Node kCache[] = {file("coherency_line_size", cache_line), file("level", cache_level<kLevel>),
                           file("shared_cpu_list", kLevel == 3 ? cpus : this_cpu_list),
                           file("size", cache_size<kKilobytes>), file("type", kType)};
constexpr Node kCaches[] = {
    directory("index0", kCache<1, 32, data_cache>), directory("index1", kCache<1, 32, code_cache>),
    directory("index2", kCache<2, 512, unified_cache>), directory("index3", kCache<3, 8192, unified_cache>)};

constexpr Node kCpuNodes[] = {directory("cache", kCaches), file("online", one), directory("topology", kTopology)};
constexpr Node kCpuDirectory = directory("", kCpuNodes, nullptr, 0755);

Result<Ref<Inode>> cpu_lookup(const NodeInode& all, std::string_view name) {
  if (!name.starts_with("cpu")) return Errno::noent;
  Subject subject{.index = TRY(parse_number(name.substr(3)))};
  if (subject.index >= sched::cpu_count()) return Errno::noent;
  return NodeInode::make(all.fs(), kCpuDirectory, std::move(subject));
}

Result<void> list_cpus(const NodeInode&, u64 cookie, DirectorySink& sink) {
  const u64 first = cookie < DynamicNames::kFirst ? 0 : cookie - DynamicNames::kFirst + 1;
  for (u32 cpu = static_cast<u32>(first); cpu < sched::cpu_count(); ++cpu)
    if (!list_number(sink, "cpu", cpu, node_number(kCpuDirectory, Subject{.index = cpu}), kDirectoryType)) return {};
  return {};
}
constexpr DynamicNames kCpus = {.lookup = cpu_lookup, .list = list_cpus};

constexpr Node kCpu[] = {file("kernel_max", kernel_max), file("offline", no_cpus), file("online", cpus),
                         file("possible", cpus), file("present", cpus)};

// --- devices/system/node: one ---

constexpr Node kNode0[] = {file("cpulist", cpus)};
constexpr Node kNodes[] = {file("has_cpu", zero), file("has_memory", zero), directory("node0", kNode0),
                           file("online", zero), file("possible", zero)};

constexpr Node kSystem[] = {directory("cpu", kCpu, &kCpus), directory("node", kNodes)};
constexpr Node kDevices[] = {directory("system", kSystem)};

// --- kernel/mm/transparent_hugepage: pages of 2 MiB are used wherever they fit ---

Result<void> always(const Subject&, String& out) { return out.append("[always] madvise never\n"); }
Result<void> large_page_size(const Subject&, String& out) { return out.appendf("%lu\n", kLargePageSize); }

Result<void> never_defer(const Subject&, String& out) {
  return out.append("always defer defer+madvise madvise [never]\n");
}
Result<void> no_shared(const Subject&, String& out) {
  return out.append("always within_size advise [never] deny force\n");
}
constexpr Node kHugePages[] = {file("defrag", never_defer), file("enabled", always),
                               file("hpage_pmd_size", large_page_size), file("shmem_enabled", no_shared),
                               file("use_zero_page", zero)};
constexpr Node kMemory[] = {directory("transparent_hugepage", kHugePages)};
constexpr Node kKernel[] = {directory("mm", kMemory)};

constexpr Node kFileSystems[] = {directory("cgroup", {})};

constexpr Node kTopNodes[] = {
    directory("block", {}),        directory("bus", {}),           directory("class", {}),
    directory("dev", {}),          directory("devices", kDevices), directory("firmware", {}),
    directory("fs", kFileSystems), directory("kernel", kKernel),   directory("module", {}),
};
constexpr Node kTop = directory("", kTopNodes);

}  // namespace

Result<Ref<Inode>> mount_sysfs() {
  constexpr u64 kMagic = 0x62656572;  // SYSFS_MAGIC
  Ref<FileSystem> fs = TRY(make_ref<NodeFs>("sysfs", kMagic, true));
  return NodeInode::make(*fs, kTop, {});
}

}  // namespace baryon::fs
