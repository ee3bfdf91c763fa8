// About the system: uname(2), sysinfo(2), getrandom(2), and what only an administrator of the host may do.
#include <arch/program_info.hpp>

#include "kernel/base/random.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/identity.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/wait_queue.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {
namespace {

struct UnameReport {
  char system[65], node[65], release[65], version[65], machine[65], domain[65];
};

void fill(char (&field)[65], const char* text) {
  for (u32 i = 0; i + 1 < sizeof field && text[i] != 0; ++i) field[i] = text[i];
}

struct SysinfoReport {
  i64 uptime;
  u64 loads[3];
  u64 total_ram, free_ram, shared_ram, buffer_ram, total_swap, free_swap;
  u16 processes;
  u16 pad;
  u32 pad2;
  u64 total_high, free_high;
  u32 unit;
  u32 pad3;
};
static_assert(sizeof(SysinfoReport) == 112);

}  // namespace

Result<u64> sys_uname(SyscallContext& c) {
  UnameReport report{};
  fill(report.system, sched::kSystemName);
  fill(report.node, sched::host_name());
  fill(report.release, sched::kRelease);
  fill(report.version, sched::kBuildVersion);
  fill(report.machine, arch::kPlatform);
  fill(report.domain, sched::kDomainName);
  TRY(copy_out(c.arg[0], report));
  return 0;
}

Result<u64> sys_sysinfo(SyscallContext& c) {
  const mm::MemoryStatistics memory = mm::memory_statistics();
  SysinfoReport report{};
  report.uptime = static_cast<i64>((sched::monotonic_ns() - sched::boot_ns()) / sched::kNsPerSecond);
  constexpr u64 kLoadOne = 1 << 16;
  for (u64& load : report.loads) load = sched::runnable_tasks() * kLoadOne;
  report.total_ram = memory.total * kPageSize;
  report.free_ram = (memory.total - memory.used) * kPageSize;
  report.processes = static_cast<u16>(sched::task_count());
  report.unit = 1;
  TRY(copy_out(c.arg[0], report));
  return 0;
}

Result<u64> sys_getrandom(SyscallContext& c) {
  constexpr u64 kNonBlock = 1, kRandom = 2, kInsecure = 4;
  const u64 flags = c.arg[2];
  if ((flags & ~(kNonBlock | kRandom | kInsecure)) != 0 || (flags & (kRandom | kInsecure)) == (kRandom | kInsecure))
    return Errno::inval;
  constexpr u64 kLongest = 0x7fffffff;  // getrandom(2): one call returns at most 32 MiB - 1 or INT_MAX
  const u64 length = c.arg[1] < kLongest ? c.arg[1] : kLongest;
  u8 chunk[512];
  for (u64 done = 0; done < length;) {
    const u64 n = length - done < sizeof chunk ? length - done : sizeof chunk;
    random_bytes(chunk, n);
    if (!arch::copy_to_user(c.arg[0] + done, chunk, n)) return done != 0 ? Result<u64>(done) : Errno::fault;
    done += n;
    // A long request is interruptible, as long as it has produced something.
    if (done < length && done % 4096 == 0 && sched::interrupted(sched::Interruptible::yes)) return done;
  }
  return length;
}

Result<u64> sys_syslog(SyscallContext&) { return Errno::perm; }
Result<u64> sys_sethostname(SyscallContext&) { return Errno::perm; }
Result<u64> sys_setdomainname(SyscallContext&) { return Errno::perm; }
// The magic numbers of reboot(2) are looked at first, as with the capability.
Result<u64> sys_reboot(SyscallContext& c) {
  constexpr u32 kMagic = 0xfee1dead, kMagic2[] = {672274793, 85072278, 369367448, 537993216};
  const u32 second = static_cast<u32>(c.arg[1]);
  bool known = false;
  for (u32 magic : kMagic2) known |= second == magic;
  return static_cast<u32>(c.arg[0]) == kMagic && known ? Errno::perm : Errno::inval;
}

}  // namespace baryon::syscall
