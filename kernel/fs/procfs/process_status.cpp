// /proc/<pid>/status and limits.
#include <algorithm>

#include "kernel/fs/context.hpp"
#include "kernel/fs/procfs/tables.hpp"
#include "kernel/sched/scheduler.hpp"

namespace baryon::fs::proc {
namespace {

Result<void> append_identity(const Subject& subject, const sched::Task* task, String& out) {
  sched::Process& process = *subject.process;
  const sched::Credentials& who = process.credentials;
  const StateName state = state_name(subject, task);
  const u32 mask = process.file_mode_mask.load(std::memory_order_relaxed) & 0777;
  TRY(out.appendf("Name:\t%s\nUmask:\t0%u%u%u\n", task_name(subject).text, mask >> 6, mask >> 3 & 7, mask & 7));
  TRY(out.appendf("State:\t%c (%s)\nTgid:\t%u\nNgid:\t0\nPid:\t%u\nPPid:\t%u\nTracerPid:\t0\n", state.letter,
                  state.word, process.pid(), subject.tid, process.parent_pid));
  TRY(out.appendf("Uid:\t%u\t%u\t%u\t%u\n", who.uid, who.euid, who.suid, who.fsuid));
  TRY(out.appendf("Gid:\t%u\t%u\t%u\t%u\n", who.gid, who.egid, who.sgid, who.fsgid));
  // The size of Linux's table: a power of two of at least 64.
  const Ref<FdTable> files = process.find_extension<FdTable>(sched::Extension::files);
  u32 highest = 0, size = 64;
  if (files)
    for (u32 fd = files->next_open(0); fd != ~u32{0}; fd = files->next_open(fd + 1)) highest = fd;
  while (size <= highest) size *= 2;
  TRY(out.appendf("FDSize:\t%u\nGroups:\t", size));
  for (u32 i = 0; i < std::min(who.group_count, sched::kMaxGroups); ++i) TRY(out.appendf("%u ", who.groups[i]));
  return out.appendf("\nNStgid:\t%u\nNSpid:\t%u\nNSpgid:\t%u\nNSsid:\t%u\n", process.pid(), subject.tid,
                     process.group_id, process.session_id);
}

// The address space's peak size is not recorded: VmPeak is today's size. There is no swap, nothing is pinned,
// and resident pages are not told apart by what they show.
Result<void> append_memory(sched::Process& process, String& out) {
  const MemoryFigures pages = memory_figures(process.find_space().get());
  const struct {
    const char* name;
    u64 value;
  } rows[] = {{"VmPeak", pages.size},
              {"VmSize", pages.size},
              {"VmLck", pages.locked},
              {"VmPin", 0},
              {"VmHWM", pages.peak_resident},
              {"VmRSS", pages.resident},
              {"RssAnon", pages.resident},
              {"RssFile", 0},
              {"RssShmem", 0},
              {"VmData", pages.data},
              {"VmStk", pages.stack},
              {"VmExe", pages.text},
              {"VmLib", pages.library},
              {"VmSwap", 0},
              {"HugetlbPages", 0}};
  for (const auto& row : rows) TRY(out.appendf("%s:\t%8lu kB\n", row.name, row.value * (kPageSize / 1024)));
  return {};
}

Result<void> append_signals(const Subject& subject, const sched::Task* task, String& out) {
  const SignalSets sets = signal_sets(*subject.process);
  TRY(out.appendf("SigQ:\t%u/%lu\n", sets.queued, subject.process->limits[sched::Limit::sigpending].soft));
  TRY(out.appendf("SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n", task ? task->pending.set() : 0,
                  sets.shared_pending, task ? task->blocked : 0));
  return out.appendf("SigIgn:\t%016lx\nSigCgt:\t%016lx\n", sets.ignored, sets.caught);
}

Result<void> append_processors(u64 mask, String& out) {
  const u32 cpus = sched::cpu_count();
  TRY(out.append("Cpus_allowed:\t"));
  if (cpus > 32)
    TRY(out.appendf("%0*x,%08x", static_cast<int>((cpus - 32 + 3) / 4), static_cast<u32>(mask >> 32),
                    static_cast<u32>(mask)));
  else TRY(out.appendf("%0*x", static_cast<int>((cpus + 3) / 4), static_cast<u32>(mask)));
  TRY(out.append("\nCpus_allowed_list:\t"));
  TRY(append_list(mask, out));
  return out.append("Mems_allowed:\t1\nMems_allowed_list:\t0\n");
}

struct LimitName {
  const char* name;
  const char* unit;  // null: none is shown
};
// In the order of sched::Limit.
constexpr LimitName kLimitNames[] = {
    {"Max cpu time", "seconds"},    {"Max file size", "bytes"},      {"Max data size", "bytes"},
    {"Max stack size", "bytes"},    {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
    {"Max processes", "processes"}, {"Max open files", "files"},     {"Max locked memory", "bytes"},
    {"Max address space", "bytes"}, {"Max file locks", "locks"},     {"Max pending signals", "signals"},
    {"Max msgqueue size", "bytes"}, {"Max nice priority", nullptr},  {"Max realtime priority", nullptr},
    {"Max realtime timeout", "us"},
};
static_assert(std::size(kLimitNames) == static_cast<u32>(sched::Limit::count_));

Result<void> append_limit(u64 value, String& out) {
  if (value == sched::kUnlimited) return out.appendf("%-20s ", "unlimited");
  return out.appendf("%-20lu ", value);
}

}  // namespace

Result<void> process_status(const Subject& subject, String& out) {
  sched::Process& process = *subject.process;
  const Ref<sched::Task> task = subject.task();
  const sched::Credentials& who = process.credentials;
  TRY(append_identity(subject, task.get(), out));
  TRY(append_memory(process, out));
  TRY(out.appendf("CoreDumping:\t0\nTHP_enabled:\t1\nThreads:\t%u\n", process.thread_count()));
  TRY(append_signals(subject, task.get(), out));
  TRY(out.appendf("CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
                  who.inheritable, who.permitted, who.effective, who.bounding, who.ambient));
  TRY(out.appendf("NoNewPrivs:\t%u\nSeccomp:\t%u\n", process.no_new_privileges ? 1u : 0u,
                  task ? task->seccomp_mode : 0));
  return append_processors(
      task ? task->affinity.load(std::memory_order_relaxed) & sched::online_cpus() : sched::online_cpus(), out);
}

Result<void> process_limits(const Subject& subject, String& out) {
  TRY(out.appendf("%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units"));
  for (u32 i = 0; i < std::size(kLimitNames); ++i) {
    const sched::LimitPair& limit = subject.process->limits[static_cast<sched::Limit>(i)];
    TRY(out.appendf("%-25s ", kLimitNames[i].name));
    TRY(append_limit(limit.soft, out));
    TRY(append_limit(limit.hard, out));
    TRY(kLimitNames[i].unit ? out.appendf("%-10s\n", kLimitNames[i].unit) : out.append("\n"));
  }
  return {};
}

}  // namespace baryon::fs::proc
