// /proc/<pid> and /proc/<pid>/task/<tid>: what they contain, and the names that are numbers.
#include <algorithm>
#include <array>

#include "kernel/fs/procfs/tables.hpp"

namespace baryon::fs::proc {
namespace {

Result<void> cgroup(const Subject&, String& out) { return out.append("0::/\n"); }
Result<void> zero(const Subject&, String& out) { return out.append("0\n"); }
Result<void> no_id(const Subject&, String& out) { return out.append("4294967295\n"); }
Result<void> whole_id_map(const Subject&, String& out) { return out.appendf("%10u %10u %10u\n", 0u, 0u, ~0u); }
Result<void> core_filter(const Subject&, String& out) { return out.append("00000033\n"); }
Result<void> allow(const Subject&, String& out) { return out.append("allow\n"); }
Result<void> nowhere(const Subject&, String& out) { return out.append('0'); }

Result<void> personality(const Subject& subject, String& out) {
  return out.appendf("%08x\n", subject.process->personality);
}

Result<void> timer_slack(const Subject& subject, String& out) {
  const Ref<sched::Task> task = subject.task();
  if (!task) return Errno::srch;
  return out.appendf("%lu\n", task->timer_slack_ns);
}

// Nobody is killed for memory but the sandbox as a whole: there is no preference to set.
Result<void> set_oom_score(const Subject&, std::string_view bytes) {
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == ' ')) bytes.remove_suffix(1);
  return bytes == "0" ? Result<void>() : Result<void>(Errno::acces);
}

// What a process and a thread have in common, a process's first.
constexpr auto common_nodes() {
  return std::to_array<Node>({
      file("auxv", process_auxv, 0400),
      file("cgroup", cgroup),
      file("cmdline", process_cmdline),
      writable_file("comm", process_comm, set_process_comm),
      file("coredump_filter", core_filter),
      link("cwd", cwd_text, cwd_follow),
      file("environ", process_environ, 0400),
      link("exe", exe_text, exe_follow),
      directory("fd", {}, &kDescriptors, 0500),
      directory("fdinfo", {}, &kDescriptorInfo),
      file("gid_map", whole_id_map),
      file("io", process_io, 0400),
      file("limits", process_limits),
      file("loginuid", no_id),
      file("maps", process_maps),
      file("mountinfo", mount_info),
      file("mounts", mounts_text),
      directory("net", kNetNodes),
      directory("ns", kNamespaceNodes, nullptr, 0511),
      file("oom_score", zero),
      writable_file("oom_score_adj", zero, set_oom_score),
      file("personality", personality, 0400),
      link("root", root_text, root_follow),
      file("schedstat", process_schedstat),
      file("sessionid", no_id),
      file("setgroups", allow),
      file("smaps", process_smaps),
      file("smaps_rollup", process_smaps_rollup),
      file("stat", process_stat),
      file("statm", process_statm),
      file("status", process_status),
      file("uid_map", whole_id_map),
      file("wchan", nowhere),
  });
}

extern const DynamicNames kThreads;
constexpr auto kThreadNodes = common_nodes();
constexpr auto process_nodes() {
  constexpr auto common = common_nodes();
  std::array<Node, common.size() + 2> all{};
  std::copy(common.begin(), common.end(), all.begin());
  all[common.size()] = directory("task", {}, &kThreads);
  all[common.size() + 1] = file("timerslack_ns", timer_slack);
  return all;
}
constexpr auto kProcessNodes = process_nodes();
constexpr Node kThreadDirectory = directory("", kThreadNodes);
constexpr Node kProcessDirectory = directory("", kProcessNodes);

// --- task/ ---

Result<Ref<Inode>> thread_lookup(const NodeInode& task, std::string_view name) {
  Subject subject{.process = task.subject().process, .tid = TRY(parse_number(name)), .thread = true};
  if (!subject.task()) return Errno::noent;
  return NodeInode::make(task.fs(), kThreadDirectory, std::move(subject));
}

// In ascending order, a batch at a time: the sink may block, the thread list's lock must not be held then.
Result<void> list_threads(const NodeInode& task, u64 cookie, DirectorySink& sink) {
  constexpr u32 kBatch = 64;
  u32 after = cookie < DynamicNames::kFirst ? 0 : static_cast<u32>(cookie - DynamicNames::kFirst);
  for (;;) {
    u32 tids[kBatch];  // the lowest above `after`, sorted
    u32 count = 0;
    task.subject().process->for_each_thread([&](sched::Task& thread) {
      const u32 tid = thread.tid();
      if (tid <= after || (count == kBatch && tid >= tids[count - 1])) return;
      u32 at = count < kBatch ? count++ : count - 1;
      for (; at > 0 && tids[at - 1] > tid; --at) tids[at] = tids[at - 1];
      tids[at] = tid;
    });
    for (u32 i = 0; i < count; ++i) {
      const Subject subject{.process = task.subject().process, .tid = tids[i], .thread = true};
      if (!list_number(sink, "", tids[i], node_number(kThreadDirectory, subject), kDirectoryType)) return {};
    }
    if (count < kBatch) return {};
    after = tids[count - 1];
  }
}

constinit const DynamicNames kThreads = {.lookup = thread_lookup, .list = list_threads};

// --- /proc/<pid> ---

// A thread's id leads to its process, too, although it is not listed (proc(5)).
Result<Ref<Inode>> process_lookup(const NodeInode& top, std::string_view name) {
  const u32 number = TRY(parse_number(name));
  Subject subject{.process = sched::find_process(number), .tid = number};
  if (!subject.process) {
    const Ref<sched::Task> task = sched::find_task(number);
    if (!task || !task->process) return Errno::noent;
    subject.process = task->process;
  }
  return NodeInode::make(top.fs(), kProcessDirectory, std::move(subject));
}

Result<void> list_processes(const NodeInode&, u64 cookie, DirectorySink& sink) {
  u32 from = cookie < DynamicNames::kFirst ? 0 : static_cast<u32>(cookie - DynamicNames::kFirst) + 1;
  while (Ref<sched::Process> process = sched::next_process(from)) {
    const u32 pid = process->pid();
    const Subject subject{.process = process, .tid = pid};
    if (!list_number(sink, "", pid, node_number(kProcessDirectory, subject), kDirectoryType)) return {};
    from = pid + 1;
  }
  return {};
}

}  // namespace

sched::Process* NodeInode::shown_process() { return &node_ == &kProcessDirectory ? subject_.process.get() : nullptr; }

constinit const DynamicNames kProcesses = {.lookup = process_lookup, .list = list_processes};

}  // namespace baryon::fs::proc
