// Files about the system whose contents are mostly that there is nothing: this machine has no disks, devices with
// interrupts or loadable modules. Programs read them to find out.
#include "kernel/fs/locks.hpp"
#include "kernel/fs/procfs/tables.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/scheduler.hpp"

namespace baryon::fs::proc {

Result<void> no_lines(const Subject&, String&) { return {}; }

Result<void> vm_statistics(const Subject&, String& out) {
  const mm::MemoryStatistics frames = mm::memory_statistics();
  TRY(out.appendf("nr_free_pages %lu\n", frames.total - frames.used));
  for (const char* name : {"nr_zone_inactive_anon", "nr_zone_active_file", "nr_mlock", "nr_dirty", "nr_writeback",
                           "nr_slab_reclaimable", "nr_slab_unreclaimable", "nr_shmem", "pgpgin", "pgpgout", "pswpin",
                           "pswpout", "pgfault", "pgmajfault", "oom_kill", "thp_fault_alloc"})
    TRY(out.appendf("%s 0\n", name));
  return {};
}

Result<void> devices(const Subject&, String& out) {
  return out.append("Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n");
}

Result<void> partitions(const Subject&, String& out) { return out.append("major minor  #blocks  name\n\n"); }

Result<void> interrupts(const Subject&, String& out) {
  TRY(out.append("    "));
  for (u32 cpu = 0; cpu < sched::cpu_count(); ++cpu) TRY(out.appendf("%10s%u", "CPU", cpu));
  TRY(out.append("\nERR:          0\n"));
  return {};
}

Result<void> soft_interrupts(const Subject&, String& out) {
  TRY(out.append("                    "));
  for (u32 cpu = 0; cpu < sched::cpu_count(); ++cpu) TRY(out.appendf("CPU%-8u", cpu));
  return out.append('\n');
}

Result<void> cgroups(const Subject&, String& out) {
  return out.append("#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\nmemory\t0\t1\t1\npids\t0\t1\t1\n");
}

}  // namespace baryon::fs::proc
