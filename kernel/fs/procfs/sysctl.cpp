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
    file("domainname", line<"(none)">),
    file("hostname", host_name),
    file("ngroups_max", number<sched::kMaxGroups>),
    file("osrelease", line<sched::kRelease>),
    file("ostype", line<sched::kSystemName>),
    file("overflowgid", number<65534>),
    file("overflowuid", number<65534>),
    file("pid_max", number<sched::kMaxPid>),
    file("randomize_va_space", number<2>),
    directory("random", kRandom),
    file("threads-max", number<sched::kMaxPid>),
    file("version", line<sched::kBuildVersion>),
};
// As the memory manager behaves: nothing is refused for being too much until memory is short.
constexpr Node kVm[] = {
    file("max_map_count", number<65530>), file("mmap_min_addr", number<65536>), file("overcommit_memory", number<1>),
    file("overcommit_ratio", number<50>), file("page-cluster", number<0>),      file("swappiness", number<0>),
};
constexpr Node kFs[] = {
    file("file-max", number<0x7fff'ffff'ffff'ffff>),
    file("nr_open", number<1024 * 1024>),
    file("pipe-max-size", number<PipeBuffer::kMaxSize>),
};
// What listen(2) takes at most; servers read it before they call.
constexpr Node kNetCore[] = {file("somaxconn", number<4096>)};
constexpr Node kNet[] = {directory("core", kNetCore)};

}  // namespace

constinit const Node kSysctlNodes[4] = {directory("fs", kFs), directory("kernel", kKernel), directory("net", kNet),
                                        directory("vm", kVm)};

}  // namespace baryon::fs::proc
