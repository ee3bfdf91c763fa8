#include "kernel/fs/procfs/node.hpp"

#include <algorithm>
#include <cstring>

#include "kernel/fs/status.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::fs::proc {
namespace {

class TextFile final : public File {
 public:
  TextFile(u32 flags, Ref<NodeInode> inode) : File(flags), inode_(std::move(inode)) {}
  bool seekable() const override { return true; }

  Result<u64> read_at(IoBuffer& buffer, u64 offset) override {
    const Node& node = inode_->node();
    if (!node.text) return Errno::inval;
    MutexGuard guard(lock_);
    if (offset == 0 || !made_) {
      String fresh;
      TRY(node.text(inode_->subject(), fresh));
      text_ = std::move(fresh);
      made_ = true;
    }
    if (offset >= text_.size() || buffer.remaining() == 0) return u64{0};
    return buffer.copy_in(text_.data() + offset, text_.size() - offset);
  }

  Result<u64> write_at(IoBuffer& buffer, u64&) override {
    const Node& node = inode_->node();
    if (!node.store) return inode_->subject().process ? Errno::inval : Errno::io;
    char bytes[kPageSize / 8];
    const u64 length = buffer.remaining();
    if (length > sizeof bytes) return Errno::inval;
    if (length == 0) return u64{0};
    if (TRY(buffer.copy_out(bytes, length)) != length) return Errno::fault;
    TRY(node.store(inode_->subject(), {bytes, length}));
    return length;
  }

  // Linux gives these files no size: SEEK_END is refused (seq_lseek).
  Result<u64> seek(i64 offset, u32 whence) override {
    return whence > kSeekCurrent ? Result<u64>(Errno::inval) : File::seek(offset, whence);
  }

 private:
  const Ref<NodeInode> inode_;
  Mutex lock_;
  String text_;
  bool made_ = false;
};

}  // namespace

Ref<sched::Task> Subject::task() const {
  Ref<sched::Task> found = sched::find_task(tid);
  if (!found || !(found->process == process)) return {};
  return found;
}

Result<void> NodeFs::statfs(Dentry&, abi::FileSystemStat& out) {
  out = without_storage(magic_);
  return {};
}

// Unique among live objects of one file system: nodes are constants of the kernel image (below 2 GiB, 8-byte
// aligned), tids have 15 bits; descriptors and CPUs share the rest. Bit 48 belongs to made-up mount directories.
u64 node_number(const Node& node, const Subject& subject) {
  const u64 place = (reinterpret_cast<u64>(&node) & 0x7fff'ffff) >> 3;
  return u64{1} << 62 | place | u64{subject.tid} << 28 | u64{subject.thread} << 43 | u64{subject.index & 0xfff} << 49;
}

Result<Ref<Inode>> NodeInode::make(FileSystem& fs, const Node& node, Subject subject) {
  const u64 number = node_number(node, subject);
  return Ref<Inode>(TRY(make_ref<NodeInode>(fs, node, std::move(subject), number)));
}

bool NodeInode::same(const Inode& other) const {
  // The number says that the other is a node, too; the process may be a later one with the same pid.
  if (&fs() != &other.fs() || number() != other.number()) return false;
  const auto& peer = static_cast<const NodeInode&>(other);
  return &node_ == &peer.node_ && subject_.index == peer.subject_.index && subject_.process == peer.subject_.process;
}

Result<void> NodeInode::stat(Dentry&, abi::FileStat& out) {
  out = {};
  out.mode = node_.mode;
  out.nlink = is_directory() ? 2 : 1;
  out.inode = number();
  out.device = fs().device;
  out.block_size = 1024;
  out.size = type() == kSymlink && node_.follow ? 64 : 0;
  if (subject_.process) {
    out.uid = subject_.process->credentials.euid;
    out.gid = subject_.process->credentials.egid;
  }
  set_times(out, sched::realtime_ns());
  return {};
}

Result<Ref<File>> NodeInode::open(Dentry&, u32 flags) {
  if (is_directory()) return Ref<File>(TRY(make_ref<SimpleDirectory>(flags)));
  return Ref<File>(TRY(make_ref<TextFile>(flags, Ref<NodeInode>(this))));
}

Result<Ref<Inode>> NodeInode::lookup(Dentry&, std::string_view name) {
  if (!is_directory()) return Errno::notdir;
  for (const Node& child : node_.children)
    if (name == child.name) return make(fs(), child, subject_);
  return node_.names ? node_.names->lookup(*this, name) : Result<Ref<Inode>>(Errno::noent);
}

Result<void> NodeInode::list(u64 cookie, DirectorySink& sink) {
  if (cookie < DynamicNames::kFirst) {
    const u64 first = cookie < kFirstCookie ? 0 : cookie - kFirstCookie + 1;
    for (u64 i = first; i < node_.children.size(); ++i) {
      const Node& child = node_.children[i];
      if (!sink.entry(child.name, node_number(child, subject_), directory_entry_type(child.mode), kFirstCookie + i))
        return {};
    }
  }
  return node_.names ? node_.names->list(*this, cookie, sink) : Result<void>();
}

Result<void> NodeInode::read_link(Dentry&, String& out) {
  if (type() != kSymlink) return Errno::inval;
  return node_.text(subject_, out);
}

Result<Ref<Dentry>> NodeInode::magic_link() {
  return node_.follow ? node_.follow(subject_) : Result<Ref<Dentry>>(Errno::inval);
}

Result<void> NodeInode::truncate(Dentry&, u64) { return is_directory() ? Result<void>(Errno::isdir) : Result<void>(); }

Result<u32> parse_number(std::string_view name) {
  if (name.empty() || name.size() > 9 || (name.size() > 1 && name[0] == '0')) return Errno::noent;
  u32 value = 0;
  for (char c : name) {
    if (c < '0' || c > '9') return Errno::noent;
    value = value * 10 + static_cast<u32>(c - '0');
  }
  return value;
}

bool list_number(DirectorySink& sink, const char* prefix, u32 number, u64 inode, u32 mode) {
  char name[32];
  const std::size_t length = format(name, sizeof name, "%s%u", prefix, number);
  return sink.entry({name, length}, inode, directory_entry_type(mode), DynamicNames::kFirst + number);
}

}  // namespace baryon::fs::proc
