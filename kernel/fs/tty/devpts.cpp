#include "kernel/fs/tty/devpts.hpp"

#include "kernel/fs/procfs/node.hpp"
#include "kernel/fs/simple_directory.hpp"
#include "kernel/fs/status.hpp"
#include "kernel/fs/tty/named_terminal.hpp"
#include "kernel/fs/tty/pty.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::fs {
namespace {

constexpr u64 kMagic = 0x1cd1;                                           // DEVPTS_SUPER_MAGIC
constexpr u64 kRootNumber = 1, kMultiplexerNumber = 2, kFirstSlave = 3;  // inode numbers, as Linux gives them

class DevPts final : public FileSystem {
 public:
  DevPts() : FileSystem("devpts", false) {}
  Result<void> statfs(Dentry&, abi::FileSystemStat& out) override {
    out = without_storage(kMagic);
    return {};
  }
};

// What stat(2) says of every object here; owner root.
abi::FileStat status_of(const Inode& inode, u32 mode, u32 links, u64 device, u64 when_ns) {
  abi::FileStat out{};
  out.mode = mode;
  out.nlink = links;
  out.inode = inode.number();
  out.device = inode.fs().device;
  out.special_device = device;
  out.block_size = 1024;
  set_times(out, when_ns);
  return out;
}

void stat_slave(const Inode& inode, const NamedTerminal& terminal, abi::FileStat& out) {
  out = status_of(inode, kCharDevice | terminal.mode, 1, terminal.device, terminal.created_ns);
  out.uid = terminal.uid;
  out.gid = terminal.gid;
}

class SlaveInode final : public Inode {
 public:
  SlaveInode(FileSystem& fs, Ref<NamedTerminal> terminal)
      : Inode(fs, kCharDevice, kFirstSlave + terminal->number()), terminal_(std::move(terminal)) {}
  // Not a later terminal's of the same number.
  bool same(const Inode& other) const override {
    return &fs() == &other.fs() && number() == other.number() &&
           terminal_ == static_cast<const SlaveInode&>(other).terminal_;
  }
  Result<void> stat(Dentry&, abi::FileStat& out) override {
    stat_slave(*this, *terminal_, out);
    return {};
  }
  Result<Ref<File>> open(Dentry&, u32 flags) override { return terminal_->open(flags); }
  Result<void> chmod(Dentry&, u32 mode) override {
    terminal_->mode = mode & kPermissionMask;
    return {};
  }
  Result<void> chown(Dentry&, u32 uid, u32 gid) override {
    if (uid != ~u32{0}) terminal_->uid = uid;
    if (gid != ~u32{0}) terminal_->gid = gid;
    return {};
  }
  Result<void> utimens(Dentry&, const TimeUpdate&) override { return {}; }

 private:
  const Ref<NamedTerminal> terminal_;
};

// /dev/pts/ptmx: as good as /dev/ptmx, but for its mode.
class MultiplexerInode final : public Inode {
 public:
  explicit MultiplexerInode(FileSystem& fs) : Inode(fs, kCharDevice, kMultiplexerNumber) {}
  Result<void> stat(Dentry&, abi::FileStat& out) override {
    out = status_of(*this, kCharDevice | 0666, 1, make_device(5, 2), sched::realtime_ns());
    return {};
  }
  bool same(const Inode& other) const override { return &fs() == &other.fs() && number() == other.number(); }
  Result<Ref<File>> open(Dentry&, u32 flags) override { return open_master(flags); }
};

class PtsDirectory final : public ListedInode {
 public:
  explicit PtsDirectory(FileSystem& fs) : ListedInode(fs, kDirectoryType, kRootNumber) {}
  Result<void> stat(Dentry&, abi::FileStat& out) override {
    out = status_of(*this, kDirectoryType | 0755, 2, 0, sched::realtime_ns());
    return {};
  }
  Result<Ref<File>> open(Dentry&, u32 flags) override { return Ref<File>(TRY(make_ref<SimpleDirectory>(flags))); }
  Result<Ref<Inode>> lookup(Dentry&, std::string_view name) override {
    if (name == "ptmx") return Ref<Inode>(TRY(make_ref<MultiplexerInode>(fs())));
    Ref<NamedTerminal> terminal = NamedTerminal::find(TRY(proc::parse_number(name)));
    if (!terminal) return Errno::noent;
    return Ref<Inode>(TRY(make_ref<SlaveInode>(fs(), std::move(terminal))));
  }
  Result<void> list(u64 cookie, DirectorySink& sink) override {
    constexpr u64 kFirst = proc::DynamicNames::kFirst;
    if (cookie < kFirstCookie &&
        !sink.entry("ptmx", kMultiplexerNumber, directory_entry_type(kCharDevice), kFirstCookie))
      return {};
    const u32 from = cookie < kFirst ? 0 : static_cast<u32>(cookie - kFirst) + 1;
    for (u32 n = NamedTerminal::next(from); n < NamedTerminal::kMost; n = NamedTerminal::next(n + 1))
      if (!proc::list_number(sink, "", n, kFirstSlave + n, kCharDevice)) return {};
    return {};
  }
};

// One for the sandbox: there is one table of pairs.
Result<Ref<DevPts>> instance() {
  static constinit Ref<DevPts> fs;
  if (!fs) fs = TRY(make_ref<DevPts>());
  return fs;
}

}  // namespace

Result<Ref<Inode>> mount_devpts() {
  Ref<DevPts> fs = TRY(instance());
  return Ref<Inode>(TRY(make_ref<PtsDirectory>(*fs)));
}

Result<Ref<Dentry>> slave_dentry(NamedTerminal& terminal) {
  char path[32];
  const std::size_t length = format(path, sizeof path, "/dev/pts/%u", terminal.number());
  auto named = walk({root(), root()}, {path, length}, 0);
  if (named.ok()) return named;
  Ref<DevPts> fs = TRY(instance());
  return Dentry::make_root(TRY(make_ref<SlaveInode>(*fs, Ref<NamedTerminal>(terminal))));
}

}  // namespace baryon::fs
