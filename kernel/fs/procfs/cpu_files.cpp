// /proc/cpuinfo, stat, uptime and loadavg.
#include "kernel/arch/api/cpu_report.hpp"
#include "kernel/fs/procfs/tables.hpp"
#include "kernel/sched/clock.hpp"
#include "kernel/sched/scheduler.hpp"

namespace baryon::fs::proc {
namespace {

u64 up_ns() { return sched::monotonic_ns() - sched::boot_ns(); }

u64 all_idle_ns() {
  u64 total = 0;
  for (u32 cpu = 0; cpu < sched::cpu_count(); ++cpu) total += sched::idle_ns(cpu);
  return total;
}

// CPU time of all processes that are alive.
u64 user_ns() {
  u64 total = 0;
  for (Ref<sched::Process> process = sched::next_process(0); process; process = sched::next_process(process->pid() + 1))
    total += process->cpu_ns();
  return total;
}

u64 counter_khz() {
  constexpr u64 kSpan = 1'000'000'000;  // ticks
  const u64 ns = sched::counter_to_ns(kSpan);
  return ns ? kSpan * 1'000'000 / ns : 0;
}

// user nice system idle iowait irq softirq steal guest guest_nice; what is not told apart counts as user.
Result<void> append_times(u64 user, u64 idle, String& out) {
  return out.appendf(" %lu 0 0 %lu 0 0 0 0 0 0\n", ns_to_ticks(user), ns_to_ticks(idle));
}

}  // namespace

Result<void> cpu_info(const Subject&, String& out) {
  const u64 khz = counter_khz();
  for (u32 cpu = 0; cpu < sched::cpu_count(); ++cpu) TRY(arch::append_cpu_report(cpu, sched::cpu_count(), khz, out));
  return {};
}

Result<void> system_stat(const Subject&, String& out) {
  const u64 up = up_ns();
  const u32 cpus = sched::cpu_count();
  const u64 all_user = user_ns();
  TRY(out.append("cpu "));
  TRY(append_times(all_user, up * cpus > all_user ? up * cpus - all_user : 0, out));
  for (u32 cpu = 0; cpu < cpus; ++cpu) {
    // A CPU that was never needed has not counted its idleness; it cannot have done more than all together.
    const u64 idle = sched::idle_ns(cpu);
    const u64 busy = up > idle ? up - idle : 0;
    const u64 user = busy < all_user ? busy : all_user;
    TRY(out.appendf("cpu%u", cpu));
    TRY(append_times(user, up > user ? up - user : 0, out));
  }
  const u64 boot_time = (sched::realtime_ns() - up) / sched::kNsPerSecond;
  TRY(out.appendf("intr 0\nctxt %lu\nbtime %lu\nprocesses %u\n", sched::context_switches(), boot_time,
                  sched::task_count()));
  return out.appendf("procs_running %u\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n", sched::runnable_tasks());
}

Result<void> uptime(const Subject&, String& out) {
  constexpr u64 kNsPerHundredth = 10'000'000;
  const u64 up = up_ns() / kNsPerHundredth, idle = all_idle_ns() / kNsPerHundredth;
  return out.appendf("%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
}

// No averages are kept: the tasks that run now stand for all three, as in sysinfo(2).
Result<void> load_average(const Subject&, String& out) {
  const u32 running = sched::runnable_tasks();
  u32 last = 0;
  for (Ref<sched::Process> process = sched::next_process(0); process; process = sched::next_process(process->pid() + 1))
    last = process->pid();
  return out.appendf("%u.00 %u.00 %u.00 %u/%u %u\n", running, running, running, running, sched::task_count(), last);
}

Result<void> append_list(u64 mask, String& out) {
  bool first = true;
  for (u32 i = 0; i < 64;) {
    if (!(mask >> i & 1)) {
      ++i;
      continue;
    }
    u32 end = i;
    while (end + 1 < 64 && mask >> (end + 1) & 1) ++end;
    TRY(end == i ? out.appendf("%s%u", first ? "" : ",", i) : out.appendf("%s%u-%u", first ? "" : ",", i, end));
    first = false;
    i = end + 1;
  }
  return out.append('\n');
}

}  // namespace baryon::fs::proc
