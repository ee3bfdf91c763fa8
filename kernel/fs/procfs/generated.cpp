#include "kernel/fs/procfs/generated.hpp"

#include <algorithm>

#include "kernel/fs/context.hpp"
#include "kernel/fs/procfs/procfs.hpp"
#include "kernel/sched/clock.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::fs {
namespace {

// Distinct for every object of the tree: the table entry's address, and whom it is about.
u64 inode_number(const GeneratedEntry& entry, u32 pid, u32 tid, u32 fd) {
  u64 h = 0xcbf29ce484222325ull;
  for (u64 part : {reinterpret_cast<u64>(&entry), u64{pid}, u64{tid}, u64{fd}}) h = (h ^ part) * 0x100000001b3ull + (h >> 29);
  return (h >> 8) | 1;
}

u32 type_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::text: return kRegular;
    case NodeKind::link:
    case NodeKind::magic:
    case NodeKind::fd_link: return kSymlink;
    default: return kDirectoryType;
  }
}

// A decimal number without leading zeros, or ~0.
u32 parse_number(std::string_view name) {
  if (name.empty() || name.size() > 9 || (name[0] == '0' && name.size() > 1)) return ~u32{0};
  u32 value = 0;
  for (char c : name) {
    if (c < '0' || c > '9') return ~u32{0};
    value = value * 10 + static_cast<u32>(c - '0');
  }
  return value;
}

// Its text is made when it is read from the start, so that one pass through the file is consistent.
class TextFile final : public File {
 public:
  TextFile(u32 flags, Ref<GeneratedInode> inode) : File(flags), inode_(std::move(inode)) {}
  bool seekable() const override { return true; }
  Result<u64> read_at(IoBuffer& buffer, u64 offset) override {
    MutexGuard guard(lock_);
    if (offset == 0 || !made_) {
      text_ = String();
      TRY(inode_->generate(text_));
      made_ = true;
    }
    if (offset >= text_.size() || buffer.remaining() == 0) return u64{0};
    return buffer.copy_in(text_.data() + offset, text_.size() - offset);
  }

 private:
  Ref<GeneratedInode> inode_;
  Mutex lock_;
  String text_;
  bool made_ = false;
};

}  // namespace

Result<Ref<Inode>> mount_procfs() {
  Ref<GeneratedFs> fs = TRY(make_ref<GeneratedFs>("proc", u64{0x9fa0}));
  return Ref<Inode>(TRY(make_ref<GeneratedInode>(*fs, kProcRoot, 0u, 0u, 0u)));
}

Result<Ref<Inode>> mount_sysfs() {
  Ref<GeneratedFs> fs = TRY(make_ref<GeneratedFs>("sysfs", u64{0x62656572}));
  return Ref<Inode>(TRY(make_ref<GeneratedInode>(*fs, kSysRoot, 0u, 0u, 0u)));
}

Result<void> GeneratedFs::statfs(Dentry&, abi::FileSystemStat& out) {
  out = {.type = magic, .block_size = kPageSize, .blocks = 0, .blocks_free = 0, .blocks_available = 0, .files = 0, .files_free = 0, .name_max = kNameMax};
  return {};
}

GeneratedInode::GeneratedInode(FileSystem& fs, const GeneratedEntry& entry, u32 pid, u32 tid, u32 fd)
    : ListedInode(fs, type_of(entry.kind), inode_number(entry, pid, tid, fd)), entry_(entry), pid_(pid), tid_(tid), fd_(fd) {}

Result<Subject> GeneratedInode::subject() const {
  Subject subject;
  if (pid_ == 0) return subject;
  subject.process = sched::find_process(pid_);
  if (!subject.process) return Errno::srch;
  subject.task = sched::find_task(tid_ ? tid_ : pid_);
  if (tid_ && (!subject.task || subject.task->process != subject.process)) return Errno::srch;
  return subject;
}

Result<void> GeneratedInode::stat(Dentry&, abi::FileStat& out) {
  if (pid_) TRY(subject());
  out = {};
  out.mode = type() | entry_.mode;
  out.nlink = is_directory() ? 2 : 1;
  out.inode = number();
  out.device = fs().device;
  out.block_size = 1024;
  const u64 now = sched::realtime_ns();
  out.access_s = out.modify_s = out.change_s = static_cast<i64>(now / sched::kNsPerSecond);
  out.access_ns = out.modify_ns = out.change_ns = static_cast<u32>(now % sched::kNsPerSecond);
  return {};
}

Result<Ref<File>> GeneratedInode::open(Dentry&, u32 flags) {
  if (is_directory()) return Ref<File>(TRY(make_ref<SimpleDirectory>(flags)));
  if ((flags & kAccessMode) != kReadOnly) return Errno::acces;
  return Ref<File>(TRY(make_ref<TextFile>(flags, Ref<GeneratedInode>(this))));
}

Result<void> GeneratedInode::generate(String& out) const { return entry_.generate(TRY(subject()), out); }

Result<Ref<Inode>> GeneratedInode::child(const GeneratedEntry& entry, u32 pid, u32 tid, u32 fd) const {
  return Ref<Inode>(TRY(make_ref<GeneratedInode>(fs(), entry, pid, tid, fd)));
}

Result<Ref<Inode>> GeneratedInode::lookup(Dentry&, std::string_view name) {
  if (pid_) {
    auto alive = subject();
    if (!alive.ok()) return Errno::noent;
  }
  const u32 number = parse_number(name);
  switch (entry_.kind) {
    case NodeKind::task_list: {
      Ref<sched::Task> task = number == ~u32{0} ? Ref<sched::Task>() : sched::find_task(number);
      if (!task || !task->process || task->process->pid() != pid_) return Errno::noent;
      return child(kProcTask, pid_, number, 0);
    }
    case NodeKind::fd_list: {
      Subject who = TRY(subject());
      if (number == ~u32{0} || !files_of(*who.process).get(number).ok()) return Errno::noent;
      return child(kProcFd, pid_, tid_, number);
    }
    default: break;
  }
  if (entry_.children)
    for (const GeneratedEntry* e = entry_.children; e->name; ++e)
      if (name == e->name) return child(*e, pid_, tid_, 0);
  if (entry_.kind == NodeKind::proc_root && number != ~u32{0} && sched::find_process(number)) return child(kProcProcess, number, 0, 0);
  return Errno::noent;
}

Result<void> GeneratedInode::read_link(Dentry&, String& out) {
  if (entry_.kind == NodeKind::fd_link) {
    Subject who = TRY(subject());
    Ref<File> file = TRY(files_of(*who.process).get(fd_));
    String text = TRY(file->describe(*current_context().root()));
    return out.append(text);
  }
  if (type() != kSymlink) return Errno::inval;
  return generate(out);
}

Result<Ref<Dentry>> GeneratedInode::magic_link() {
  if (entry_.kind == NodeKind::magic) return entry_.leads_to(TRY(subject()));
  if (entry_.kind != NodeKind::fd_link) return Errno::inval;
  Subject who = TRY(subject());
  Ref<File> file = TRY(files_of(*who.process).get(fd_));
  if (!file->dentry()) return file_dentry(fs(), std::move(file));
  return Ref<Dentry>(file->dentry());
}

Result<void> GeneratedInode::list_numbers(u64 cookie, DirectorySink& sink) {
  constexpr u64 kNumberBase = u64{1} << 32;
  u64 next = cookie >= kNumberBase ? cookie - kNumberBase : 0;
  char name[16];
  auto emit = [&](u32 number, NodeKind kind) {
    const std::size_t length = format(name, sizeof name, "%u", number);
    const GeneratedEntry& entry = kind == NodeKind::pid ? kProcProcess : kind == NodeKind::task_list ? kProcTask : kProcFd;
    const bool tasks = kind == NodeKind::task_list, pids = kind == NodeKind::pid;
    const u64 inode = inode_number(entry, pids ? number : pid_, tasks ? number : pids ? 0 : tid_, tasks || pids ? 0 : number);
    return sink.entry({name, length}, inode, directory_entry_type(type_of(entry.kind)), kNumberBase + number + 1);
  };
  switch (entry_.kind) {
    case NodeKind::proc_root:
      for (Ref<sched::Process> p = sched::next_process(static_cast<u32>(next)); p; p = sched::next_process(p->pid() + 1))
        if (!emit(p->pid(), NodeKind::pid)) break;
      return {};
    case NodeKind::task_list: {
      Subject who = TRY(subject());
      for (;;) {
        u32 best = ~u32{0};
        who.process->for_each_thread([&](sched::Task& task) {
          if (task.tid() >= next && task.tid() < best) best = task.tid();
        });
        if (best == ~u32{0} || !emit(best, NodeKind::task_list)) return {};
        next = u64{best} + 1;
      }
    }
    case NodeKind::fd_list: {
      Subject who = TRY(subject());
      FdTable& files = files_of(*who.process);
      for (u32 fd = files.next_open(static_cast<u32>(next)); fd != ~u32{0}; fd = files.next_open(fd + 1))
        if (!emit(fd, NodeKind::fd_list)) break;
      return {};
    }
    default: return {};
  }
}

Result<void> GeneratedInode::list(u64 cookie, DirectorySink& sink) {
  u64 index = 0;
  if (entry_.children && cookie < (u64{1} << 32)) {
    for (const GeneratedEntry* e = entry_.children; e->name; ++e, ++index) {
      if (cookie > kFirstCookie + index) continue;
      if (!sink.entry(e->name, inode_number(*e, pid_, tid_, 0), directory_entry_type(type_of(e->kind)), kFirstCookie + index + 1)) return {};
    }
  }
  return list_numbers(cookie, sink);
}

}  // namespace baryon::fs
