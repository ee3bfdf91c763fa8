// /proc/meminfo and version.
#include "kernel/fs/procfs/tables.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/identity.hpp"

namespace baryon::fs::proc {

// Zero: the kernel has no such thing (swap, page cache: hostfs caches on the host, huge page pools).
Result<void> memory_info(const Subject&, String& out) {
  const mm::MemoryStatistics frames = mm::memory_statistics();
  const u64 free = frames.total - frames.used;
  u64 anonymous = 0, committed = 0;
  for (Ref<sched::Process> process = sched::next_process(0); process;
       process = sched::next_process(process->pid() + 1)) {
    const Ref<mm::AddressSpace> space = process->find_space();
    if (!space) continue;
    anonymous += space->resident_pages();
    committed += space->mapped_bytes() / kPageSize;
  }
  if (anonymous > frames.used) anonymous = frames.used;  // pages that are mapped twice
  const struct {
    const char* name;
    u64 pages;
  } rows[] = {{"MemTotal", frames.total},
              {"MemFree", free},
              {"MemAvailable", free},
              {"Buffers", 0},
              {"Cached", 0},
              {"SwapCached", 0},
              {"Active", anonymous},
              {"Inactive", 0},
              {"Active(anon)", anonymous},
              {"Inactive(anon)", 0},
              {"Active(file)", 0},
              {"Inactive(file)", 0},
              {"Unevictable", 0},
              {"Mlocked", 0},
              {"SwapTotal", 0},
              {"SwapFree", 0},
              {"Dirty", 0},
              {"Writeback", 0},
              {"AnonPages", anonymous},
              {"Mapped", 0},
              {"Shmem", 0},
              {"KReclaimable", 0},
              {"Slab", 0},
              {"SReclaimable", 0},
              {"SUnreclaim", 0},
              {"CommitLimit", frames.total},
              {"Committed_AS", committed}};
  for (const auto& row : rows) {
    // The number ends at column 24 for all names but the longest: "MemTotal:       %8lu kB".
    char name[24];
    format(name, sizeof name, "%s:", row.name);
    TRY(out.appendf("%-15s %8lu kB\n", name, row.pages * (kPageSize / 1024)));
  }
  return out.append(
      "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n"
      "Hugepagesize:       2048 kB\nHugetlb:               0 kB\n");
}

Result<void> version(const Subject&, String& out) {
  return out.appendf("%s version %s (baryon@%s) (%s) %s\n", sched::kSystemName, sched::kRelease, sched::host_name(),
                     __VERSION__, sched::kBuildVersion);
}

}  // namespace baryon::fs::proc
