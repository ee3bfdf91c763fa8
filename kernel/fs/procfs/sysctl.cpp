// /proc/sys: the settings that programs ask for. None can be changed from inside.
#include "kernel/base/random.hpp"
#include "kernel/fs/pipe.hpp"
#include "kernel/fs/procfs/tables.hpp"
#include "kernel/sched/identity.hpp"
#include "kernel/sched/task_table.hpp"

namespace baryon::fs::proc {
namespace {

template <u64 kValue>
Result<void> number(const Subject&, String& out) {
  return out.appendf("%lu\n", kValue);
}

// A text constant as a template argument.
template <std::size_t N>
struct Text {
  char bytes[N];
  consteval Text(const char (&text)[N]) {
    for (std::size_t i = 0; i < N; ++i) bytes[i] = text[i];
  }
};
template <Text kText>
Result<void> line(const Subject&, String& out) {
  return out.appendf("%s\n", kText.bytes);
}

Result<void> host_name(const Subject&, String& out) { return out.appendf("%s\n", sched::host_name()); }

// RFC 4122, version 4.
struct Uuid {
  u8 bytes[16];
  static Uuid random() {
    Uuid uuid;
    random_bytes(uuid.bytes, sizeof uuid.bytes);
    uuid.bytes[6] = (uuid.bytes[6] & 0x0f) | 0x40;
    uuid.bytes[8] = (uuid.bytes[8] & 0x3f) | 0x80;
    return uuid;
  }
  Result<void> append(String& out) const {
    for (u32 i = 0; i < sizeof bytes; ++i)
      TRY(out.appendf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]));
    return out.append('\n');
  }
};

Result<void> fresh_uuid(const Subject&, String& out) { return Uuid::random().append(out); }

Result<void> boot_id(const Subject&, String& out) {
  static constinit SpinLock lock;
  static constinit Uuid id{};
  static constinit bool made = false;
  Uuid copy;
  {
    SpinGuard guard(lock);
    if (!made) id = Uuid::random();
    made = true;
    copy = id;
  }
  return copy.append(out);
}

constexpr Node kRandom[] = {file("boot_id", boot_id), file("entropy_avail", number<256>), file("poolsize", number<256>),
                            file("uuid", fresh_uuid)};
constexpr Node kKernel[] = {
    file("cap_last_cap", number<40>),
    file("core_pattern", line<"core">),
    file("core_uses_pid", number<0>),
    file("dmesg_restrict", number<1>),
    file("domainname", line<"(none)">),
    file("hostname", host_name),
    file("kptr_restrict", number<1>),
    file("modules_disabled", number<1>),
    file("msgmax", number<8192>),
    file("msgmnb", number<16384>),
    file("msgmni", number<4096>),
    file("ngroups_max", number<sched::kMaxGroups>),
    file("osrelease", line<sched::kRelease>),
    file("ostype", line<sched::kSystemName>),
    file("overflowgid", number<65534>),
    file("overflowuid", number<65534>),
    file("perf_event_paranoid", number<4>),
    file("pid_max", number<sched::kMaxPid>),
    file("printk", line<"4\t4\t1\t7">),
    file("randomize_va_space", number<2>),
    directory("random", kRandom),
    file("sched_child_runs_first", number<0>),
    file("sched_rt_period_us", number<1'000'000>),
    file("sched_rt_runtime_us", number<950'000>),
    file("sem", line<"32000\t131072000\t500\t4096">),
    file("shmall", number<0x7fff'ffff'ffff'ffff>),
    file("shmmax", number<0x7fff'ffff'ffff'ffff>),
    file("shmmni", number<4096>),
    file("sysrq", number<0>),
    file("tainted", number<0>),
    file("threads-max", number<sched::kMaxPid>),
    file("unprivileged_bpf_disabled", number<2>),
    file("version", line<sched::kBuildVersion>),
};
// As the memory manager behaves: nothing is refused for being too much until memory is short.
constexpr Node kVm[] = {
    file("dirty_background_ratio", number<10>),
    file("dirty_ratio", number<20>),
    file("legacy_va_layout", number<0>),
    file("max_map_count", number<65530>),
    file("min_free_kbytes", number<0>),
    file("mmap_min_addr", number<65536>),
    file("mmap_rnd_bits", number<28>),
    file("nr_hugepages", number<0>),
    file("oom_kill_allocating_task", number<0>),
    file("overcommit_kbytes", number<0>),
    file("overcommit_memory", number<1>),
    file("overcommit_ratio", number<50>),
    file("page-cluster", number<0>),
    file("panic_on_oom", number<0>),
    file("swappiness", number<0>),
    file("vfs_cache_pressure", number<100>),
    file("zone_reclaim_mode", number<0>),
};
constexpr Node kInotify[] = {file("max_queued_events", number<16384>), file("max_user_instances", number<8192>),
                             file("max_user_watches", number<65536>)};
constexpr Node kEpoll[] = {file("max_user_watches", number<1'000'000>)};
constexpr Node kFs[] = {
    file("aio-max-nr", number<0>),
    file("aio-nr", number<0>),
    directory("epoll", kEpoll),
    file("file-max", number<0x7fff'ffff'ffff'ffff>),
    file("file-nr", line<"0\t0\t9223372036854775807">),
    directory("inotify", kInotify),
    file("lease-break-time", number<45>),
    file("nr_open", number<1024 * 1024>),
    file("overflowgid", number<65534>),
    file("overflowuid", number<65534>),
    file("pipe-max-size", number<PipeBuffer::kMaxSize>),
    file("pipe-user-pages-hard", number<0>),
    file("pipe-user-pages-soft", number<16384>),
    file("protected_fifos", number<0>),
    file("protected_hardlinks", number<0>),
    file("protected_regular", number<0>),
    file("protected_symlinks", number<0>),
    file("suid_dumpable", number<0>),
};
// What listen(2) takes at most; servers read it before they call.
constexpr Node kNetCore[] = {file("somaxconn", number<4096>)};
constexpr Node kNet[] = {directory("core", kNetCore)};

}  // namespace

constinit const Node kSysctlNodes[4] = {directory("fs", kFs), directory("kernel", kKernel), directory("net", kNet),
                                        directory("vm", kVm)};

}  // namespace baryon::fs::proc
