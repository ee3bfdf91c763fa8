// /proc/<pid> and /proc/<pid>/task/<tid>: proc(5).
#include <algorithm>
#include <cstring>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/fs/procfs/generated.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/scheduler.hpp"

namespace baryon::fs {
namespace {

using Text = Result<void>;
using Wide = unsigned long long;

constexpr u64 kTick = 10'000'000;  // nanoseconds of a USER_HZ tick

const char* name_of(const Subject& who) { return who.task ? who.task->name : who.process->leader() ? who.process->leader()->name : "?"; }

char state_of(const Subject& who) {
  if (!who.task) return 'Z';
  switch (who.task->state.load(std::memory_order_relaxed)) {
    case sched::TaskState::blocked:
    case sched::TaskState::preparing:
    case sched::TaskState::switching: return 'S';
    case sched::TaskState::dead: return 'X';
    default: return 'R';
  }
}

// Bytes of a process's own memory. Another address space is not active here: its areas read as empty.
Text append_memory(const Subject& who, VirtAddr start, VirtAddr end, String& out) {
  if (who.process.get() != &sched::current_process()) return {};
  constexpr u64 kMost = 128 * 1024;
  char chunk[256];
  for (u64 at = start; at < end && at - start < kMost; at += sizeof chunk) {
    const u64 count = std::min<u64>(sizeof chunk, end - at);
    if (!arch::copy_from_user(chunk, at, count)) return {};
    TRY(out.append({chunk, count}));
  }
  return {};
}

Text cmdline(const Subject& who, String& out) {
  const auto& p = who.process->space().program;
  return append_memory(who, p.arg_start, p.arg_end, out);
}
Text environ_text(const Subject& who, String& out) {
  const auto& p = who.process->space().program;
  return append_memory(who, p.env_start, p.env_end, out);
}
Text auxv(const Subject& who, String& out) {
  const auto& p = who.process->space().program;
  return append_memory(who, p.auxv_start, p.auxv_end, out);
}

Text comm(const Subject& who, String& out) { return out.appendf("%s\n", name_of(who)); }

Text maps(const Subject& who, String& out) {
  mm::AddressSpace& space = who.process->space();
  mm::AddressSpace::VmaReport vma;
  auto* name = static_cast<char*>(heap_allocate(kPathMax));
  if (!name) return Errno::nomem;
  Text outcome;
  for (VirtAddr at = 0; outcome.ok() && space.next_vma(at, vma); at = vma.end) {
    mm::MemoryObject::Identity id;
    name[0] = 0;
    if (vma.object) {
      id = vma.object->identity();
      vma.object->name(name, kPathMax);
    }
    const char* text = vma.name && !name[0] ? vma.name : name;
    outcome = out.appendf("%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu", Wide{vma.start}, Wide{vma.end}, vma.prot & mm::kProtRead ? 'r' : '-',
                          vma.prot & mm::kProtWrite ? 'w' : '-', vma.prot & mm::kProtExec ? 'x' : '-', vma.flags & mm::kVmaShared ? 's' : 'p',
                          Wide{vma.offset}, device_major(id.device), device_minor(id.device), Wide{id.inode});
    if (outcome.ok() && *text) {
      // The path starts in column 74.
      const std::size_t newline = out.view().rfind('\n');
      const u32 line_start = newline == std::string_view::npos ? 0 : static_cast<u32>(newline) + 1;
      while (outcome.ok() && out.size() - line_start < 73) outcome = out.append(' ');
      if (outcome.ok()) outcome = out.append(text);
    }
    if (outcome.ok()) outcome = out.append('\n');
  }
  heap_free(name);
  return outcome;
}

Text statm(const Subject& who, String& out) {
  mm::AddressSpace& space = who.process->space();
  const auto& p = space.program;
  return out.appendf("%llu %llu 0 %llu 0 %llu 0\n", Wide{space.mapped_bytes() / kPageSize}, Wide{space.resident_pages()},
                     Wide{(p.code_end - p.code_start + kPageSize - 1) / kPageSize}, Wide{space.mapped_bytes() / kPageSize});
}

Text stat(const Subject& who, String& out) {
  sched::Process& p = *who.process;
  mm::AddressSpace& space = p.space();
  const auto& area = space.program;
  const u64 ticks = (who.task && who.task->tid() != p.pid() ? who.task->total_cpu_ns() : p.cpu_ns()) / kTick;
  const u64 start = p.start_ns > sched::boot_ns() ? (p.start_ns - sched::boot_ns()) / kTick : 0;
  TRY(out.appendf("%u (%s) %c %u %u %u 0 -1 0 0 0 0 0 %llu 0 0 0 20 0 ", who.task ? who.task->tid() : p.pid(), name_of(who), state_of(who),
                  p.parent_pid, p.group_id, p.session_id, Wide{ticks}));
  TRY(out.appendf("%u 0 %llu %llu %llu %llu ", p.thread_count(), Wide{start}, Wide{space.mapped_bytes()}, Wide{space.resident_pages()},
                  Wide{p.limits[sched::Limit::rss].soft}));
  TRY(out.appendf("%llu %llu %llu 0 0 0 0 0 0 0 0 0 17 %u 0 0 0 0 0 ", Wide{area.code_start}, Wide{area.code_end}, Wide{space.stack_top()},
                  who.task ? who.task->cpu.load(std::memory_order_relaxed) : 0));
  TRY(out.appendf("%llu %llu %llu %llu %llu ", Wide{area.data_start}, Wide{area.data_end}, Wide{space.heap_start()}, Wide{area.arg_start},
                  Wide{area.arg_end}));
  return out.appendf("%llu %llu 0\n", Wide{area.env_start}, Wide{area.env_end});
}

Text status(const Subject& who, String& out) {
  sched::Process& p = *who.process;
  mm::AddressSpace& space = p.space();
  const auto& cred = p.credentials;
  const char state = state_of(who);
  TRY(out.appendf("Name:\t%s\nUmask:\t%04o\n", name_of(who), p.file_mode_mask.load(std::memory_order_relaxed)));
  TRY(out.appendf("State:\t%c (%s)\n", state, state == 'R' ? "running" : state == 'S' ? "sleeping" : "zombie"));
  TRY(out.appendf("Tgid:\t%u\nNgid:\t0\nPid:\t%u\nPPid:\t%u\nTracerPid:\t0\n", p.pid(), who.task ? who.task->tid() : p.pid(), p.parent_pid));
  TRY(out.appendf("Uid:\t%u\t%u\t%u\t%u\n", cred.uid, cred.euid, cred.suid, cred.fsuid));
  TRY(out.appendf("Gid:\t%u\t%u\t%u\t%u\n", cred.gid, cred.egid, cred.sgid, cred.fsgid));
  TRY(out.appendf("FDSize:\t%u\nGroups:\t", std::max(64u, files_of(p).open_count())));
  for (u32 i = 0; i < cred.group_count; ++i) TRY(out.appendf("%u ", cred.groups[i]));
  TRY(out.appendf("\nVmPeak:\t%8llu kB\nVmSize:\t%8llu kB\nVmLck:\t       0 kB\n", Wide{space.mapped_bytes() / 1024}, Wide{space.mapped_bytes() / 1024}));
  TRY(out.appendf("VmHWM:\t%8llu kB\nVmRSS:\t%8llu kB\n", Wide{space.peak_resident_pages() * 4}, Wide{space.resident_pages() * 4}));
  TRY(out.appendf("Threads:\t%u\n", p.thread_count()));
  sched::SignalMask pending = 0, shared = 0, blocked = 0, ignored = 0, caught = 0;
  {
    SpinGuard guard(p.lock);
    shared = p.shared_pending.set();
    if (who.task) {
      pending = who.task->pending.set();
      blocked = who.task->blocked;
    }
    for (int signal = 1; signal <= sched::kSignals; ++signal) {
      const u64 handler = p.actions[signal - 1].handler;
      if (handler == sched::kSigIgnore) ignored |= sched::mask_of(signal);
      else if (handler != sched::kSigDefault) caught |= sched::mask_of(signal);
    }
  }
  TRY(out.appendf("SigQ:\t0/%llu\nSigPnd:\t%016llx\nShdPnd:\t%016llx\n", Wide{p.limits[sched::Limit::sigpending].soft}, Wide{pending}, Wide{shared}));
  TRY(out.appendf("SigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n", Wide{blocked}, Wide{ignored}, Wide{caught}));
  TRY(out.appendf("CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n", Wide{cred.inheritable}, Wide{cred.permitted}, Wide{cred.effective}));
  TRY(out.appendf("CapBnd:\t%016llx\nCapAmb:\t%016llx\nNoNewPrivs:\t%d\nSeccomp:\t0\n", Wide{cred.bounding}, Wide{cred.ambient}, p.no_new_privileges ? 1 : 0));
  const u32 cpus = sched::cpu_count();
  TRY(out.appendf("Cpus_allowed:\t%llx\nCpus_allowed_list:\t0", Wide{sched::online_cpus()}));
  if (cpus > 1) TRY(out.appendf("-%u", cpus - 1));
  return out.append("\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
}

Text limits(const Subject& who, String& out) {
  struct Row {
    const char* name;
    sched::Limit limit;
    const char* unit;
  };
  using sched::Limit;
  static constexpr Row kRows[] = {
      {"Max cpu time", Limit::cpu, "seconds"}, {"Max file size", Limit::fsize, "bytes"}, {"Max data size", Limit::data, "bytes"},
      {"Max stack size", Limit::stack, "bytes"}, {"Max core file size", Limit::core, "bytes"}, {"Max resident set", Limit::rss, "bytes"},
      {"Max processes", Limit::nproc, "processes"}, {"Max open files", Limit::nofile, "files"}, {"Max locked memory", Limit::memlock, "bytes"},
      {"Max address space", Limit::as, "bytes"}, {"Max file locks", Limit::locks, "locks"}, {"Max pending signals", Limit::sigpending, "signals"},
      {"Max msgqueue size", Limit::msgqueue, "bytes"}, {"Max nice priority", Limit::nice, ""}, {"Max realtime priority", Limit::rtprio, ""},
      {"Max realtime timeout", Limit::rttime, "us"}};
  TRY(out.append("Limit                     Soft Limit           Hard Limit           Units     \n"));
  auto column = [&](std::string_view text, u32 width) -> Text {
    TRY(out.append(text));
    for (std::size_t n = text.size(); n < width; ++n) TRY(out.append(' '));
    return {};
  };
  auto amount = [&](u64 value) -> Text {
    char text[24];
    if (value == sched::kUnlimited) return column("unlimited", 21);
    const std::size_t length = format(text, sizeof text, "%llu", Wide{value});
    return column({text, length}, 21);
  };
  for (const Row& row : kRows) {
    TRY(column(row.name, 26));
    TRY(amount(who.process->limits[row.limit].soft));
    TRY(amount(who.process->limits[row.limit].hard));
    TRY(column(row.unit, 10));
    TRY(out.append('\n'));
  }
  return {};
}

Text mounts_text(const Subject&, String& out) {
  for (const MountRecord& mount : mounts()) {
    String where = TRY(mount.where->path(*root()));
    TRY(out.append(mount.fs->type));
    TRY(out.append(' '));
    TRY(out.append(where));
    TRY(out.appendf(" %s %s,relatime 0 0\n", mount.fs->type, mount.fs->read_only ? "ro" : "rw"));
  }
  return {};
}

Text mountinfo(const Subject&, String& out) {
  u32 id = 20;
  for (const MountRecord& mount : mounts()) {
    String where = TRY(mount.where->path(*root()));
    TRY(out.appendf("%u %u %u:%u / ", id, id == 20 ? 1 : 20, device_major(mount.fs->device), device_minor(mount.fs->device)));
    TRY(out.append(where));
    const char* mode = mount.fs->read_only ? "ro" : "rw";
    TRY(out.appendf(" %s,relatime - %s %s %s\n", mode, mount.fs->type, mount.fs->type, mode));
    ++id;
  }
  return {};
}

Text cgroup(const Subject&, String& out) { return out.append("0::/\n"); }
Text zero_line(const Subject&, String& out) { return out.append("0\n"); }
Text executable(const Subject& who, String& out) { return out.append(who.process->executable); }
Text working_directory(const Subject& who, String& out) {
  String path = TRY(context_of(*who.process).cwd()->path(*root()));
  return out.append(path);
}
Text root_directory(const Subject& who, String& out) {
  String path = TRY(context_of(*who.process).root()->path(*root()));
  return out.append(path);
}
Result<Ref<Dentry>> to_executable(const Subject& who) { return walk(Place{root(), root()}, who.process->executable, kWalkFollow); }
Result<Ref<Dentry>> to_cwd(const Subject& who) { return context_of(*who.process).cwd(); }
Result<Ref<Dentry>> to_root(const Subject& who) { return context_of(*who.process).root(); }

constexpr GeneratedEntry kEnd{nullptr, NodeKind::text, 0};
constexpr GeneratedEntry file(const char* name, Generator generate, u32 mode = 0444) { return {name, NodeKind::text, mode, generate}; }
constexpr GeneratedEntry magic(const char* name, Generator text, Result<Ref<Dentry>> (*leads_to)(const Subject&)) {
  return {name, NodeKind::magic, 0777, text, nullptr, leads_to};
}

constexpr GeneratedEntry kNone[] = {kEnd};
#define BARYON_TASK_FILES                                                                                              \
  magic("exe", executable, to_executable), magic("cwd", working_directory, to_cwd), magic("root", root_directory, to_root), \
      file("maps", maps), file("stat", stat), file("status", status), file("statm", statm), file("cmdline", cmdline), \
      file("environ", environ_text, 0400), file("comm", comm), file("auxv", auxv, 0400), file("limits", limits),      \
      file("mounts", mounts_text), file("mountinfo", mountinfo), file("cgroup", cgroup),                              \
      file("oom_score", zero_line), file("oom_score_adj", zero_line), GeneratedEntry{"fd", NodeKind::fd_list, 0500, nullptr, kNone}
constexpr GeneratedEntry kTaskFiles[] = {BARYON_TASK_FILES, kEnd};
constexpr GeneratedEntry kProcessFiles[] = {BARYON_TASK_FILES, GeneratedEntry{"task", NodeKind::task_list, 0555, nullptr, kNone}, kEnd};

}  // namespace

constinit const GeneratedEntry kProcProcess{"", NodeKind::pid, 0555, nullptr, kProcessFiles};
constinit const GeneratedEntry kProcTask{"", NodeKind::table, 0555, nullptr, kTaskFiles};
constinit const GeneratedEntry kProcFd{"", NodeKind::fd_link, 0700};

}  // namespace baryon::fs
