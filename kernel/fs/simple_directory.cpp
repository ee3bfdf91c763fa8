#include "kernel/fs/simple_directory.hpp"

#include "kernel/fs/mount_directory.hpp"

namespace baryon::fs {
namespace {

class MountDirectory final : public ListedInode {
 public:
  explicit MountDirectory(FileSystem& fs) : ListedInode(fs, kDirectoryType, next_inode_number() | u64{1} << 48) {}
  Result<void> stat(Dentry&, abi::FileStat& out) override {
    out = {};
    out.mode = kDirectoryType | 0755;
    out.nlink = 2;
    out.inode = number();
    out.device = fs().device;
    out.block_size = kPageSize;
    return {};
  }
  Result<Ref<File>> open(Dentry&, u32 flags) override { return Ref<File>(TRY(make_ref<SimpleDirectory>(flags))); }
  Result<void> list(u64, DirectorySink&) override { return {}; }
};

// Drops entries that a mount point covers.
class UncoveredSink final : public DirectorySink {
 public:
  UncoveredSink(Dentry& directory, DirectorySink& sink, u64& position)
      : directory_(directory), sink_(sink), position_(position) {}
  bool entry(std::string_view name, u64 inode, u8 type, u64 next_cookie) override {
    if (directory_.pinned_child(name)) return true;
    if (!sink_.entry(name, inode, type, next_cookie)) {
      full_ = true;
      return false;
    }
    position_ = next_cookie;
    return true;
  }
  bool full() const { return full_; }

 private:
  Dentry& directory_;
  DirectorySink& sink_;
  u64& position_;
  bool full_ = false;
};

// Cookies of pinned names: no file system uses them (ext4's hashes have 63 bits).
constexpr u64 kPinnedBase = u64{1} << 63;

}  // namespace

Result<Ref<Inode>> make_mount_directory(FileSystem& fs) { return Ref<Inode>(TRY(make_ref<MountDirectory>(fs))); }

Result<void> SimpleDirectory::read_directory(DirectorySink& sink, u64& position) {
  auto& inode = static_cast<ListedInode&>(dentry()->inode());
  if (position == 0) {
    if (!sink.entry(".", inode.number(), directory_entry_type(kDirectoryType), 1)) return {};
    position = 1;
  }
  if (position == 1) {
    Ref<Dentry> parent = dentry()->parent();
    if (!sink.entry("..", parent->inode().number(), directory_entry_type(kDirectoryType), 2)) return {};
    position = 2;
  }
  if (dentry()->is_detached()) return {};
  UncoveredSink tracking(*dentry(), sink, position);
  return inode.list(position < ListedInode::kFirstCookie ? 0 : position, tracking);
}

Result<void> read_directory(File& file, DirectorySink& sink, u64& position) {
  Dentry* directory = file.dentry();
  if (!directory || !directory->has_pinned_children()) return file.read_directory(sink, position);
  if (position < kPinnedBase) {
    UncoveredSink uncovered(*directory, sink, position);
    // A directory whose entries are all covered yields nothing although it is not at its end: go on.
    for (u64 before = ~u64{0}; before != position && !uncovered.full();) {
      before = position;
      TRY(file.read_directory(uncovered, position));
    }
    if (uncovered.full()) return {};
    position = kPinnedBase;
  }
  u64 index = 0;
  bool full = false;
  directory->for_each_pinned([&](std::string_view name, Inode& inode) {
    if (!full && kPinnedBase + index >= position) {
      if (sink.entry(name, inode.number(), directory_entry_type(inode.type()), kPinnedBase + index + 1))
        position = kPinnedBase + index + 1;
      else full = true;
    }
    ++index;
  });
  return {};
}

}  // namespace baryon::fs
