// tmpfs: files in guest memory. Pages come when written, so files are sparse; a size limit keeps a program from
// filling RAM.
//
// Locking: one spin lock per file system covers names, attributes and page tables of all its files; data is
// copied without it, from and to pages that are referenced meanwhile. Reads and writes that overlap are
// atomic per page at most, as on Linux.
#pragma once

#include "kernel/base/hash_map.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/fs/pipe.hpp"
#include "kernel/fs/simple_directory.hpp"
#include "kernel/mm/memory_object.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::fs {

class TmpInode;

class TmpFs final : public FileSystem {
 public:
  // `limit`: bytes of file data and metadata.
  TmpFs(u64 limit, bool is_read_only) : FileSystem("tmpfs", is_read_only), page_limit(limit / kPageSize) {}
  Result<void> statfs(Dentry&, abi::FileSystemStat& out) override {
    statfs(out);
    return {};
  }
  void statfs(abi::FileSystemStat& out);

  SpinLock lock;
  const u64 page_limit;
  u64 pages_used = 0;  // under lock
  u64 inodes = 0;      // under lock
};

// The root directory of a new file system.
Result<Ref<Inode>> mount_tmpfs(u64 limit, bool read_only, u32 mode = 01777);
// A nameless file of a tmpfs of its own kind (memfd_create).
Result<Ref<TmpInode>> make_memory_file(u32 mode, bool sealable);
// A quarter of RAM, say, for each mount: Linux takes half.
u64 default_tmpfs_limit();

// Pages of a sparse file: page number → frame.
class PageMap {
 public:
  ~PageMap();
  PhysAddr find(u64 index) const;  // 0: a hole
  // nomem. Takes over the frame's reference.
  Result<void> insert(u64 index, PhysAddr frame);
  // Drops pages with index >= first and < last; returns how many.
  u64 drop(u64 first, u64 last);
  u64 size() const { return table_.size(); }
  // The first index >= `from` that has a page; ~0: none. Linear.
  u64 next(u64 from);

 private:
  struct Node : HashNode {
    u64 index;
    PhysAddr frame;
  };
  HashTable<Node> table_;
};

struct TmpEntry : HashNode {
  ListNode order;
  u64 cookie;  // ascending in the list
  String name;
  Ref<TmpInode> inode;
};

// An extended attribute.
struct TmpAttribute {
  ListNode node;
  String name, value;
};

class TmpInode final : public ListedInode {
 public:
  TmpInode(TmpFs& fs, u32 mode, u64 special_device);
  TmpFs& tmp() const { return static_cast<TmpFs&>(fs()); }

  Result<void> stat(Dentry& self, abi::FileStat& out) override;
  void stat(abi::FileStat& out);
  Result<Ref<File>> open(Dentry& self, u32 flags) override;
  Result<Ref<Inode>> lookup(Dentry& self, std::string_view name) override;
  Result<Created> create(Dentry& self, std::string_view name, u32 flags, u32 mode) override;
  Result<Created> create_nameless(Dentry& self, u32 flags, u32 mode) override;
  Result<void> mkdir(Dentry& self, std::string_view name, u32 mode) override;
  Result<void> mknod(Dentry& self, std::string_view name, u32 mode, u64 device) override;
  Result<void> symlink(Dentry& self, std::string_view name, std::string_view target) override;
  Result<void> link(Dentry& self, std::string_view name, Dentry& existing) override;
  Result<void> unlink(Dentry& self, std::string_view name, bool directory) override;
  Result<void> rename(Dentry& self, std::string_view name, Dentry& new_parent, std::string_view new_name,
                      u32 flags) override;
  Result<void> read_link(Dentry& self, String& out) override;
  Result<void> chmod(Dentry& self, u32 mode) override;
  Result<void> chown(Dentry& self, u32 uid, u32 gid) override;
  Result<void> utimens(Dentry& self, const TimeUpdate& times) override;
  Result<void> truncate(Dentry&, u64 size) override { return resize(size); }
  Result<void> list(u64 cookie, DirectorySink& sink) override;
  // tmp_attributes.cpp
  Result<void> get_attribute(Dentry& self, std::string_view name, String& out) override;
  Result<void> set_attribute(Dentry& self, std::string_view name, std::string_view value, u32 flags) override;
  Result<void> remove_attribute(Dentry& self, std::string_view name) override;
  Result<void> list_attributes(Dentry& self, String& out) override;

  // --- data (tmp_data.cpp) ---
  Result<u64> read(IoBuffer& buffer, u64 offset);
  Result<u64> write(IoBuffer& buffer, u64& offset, bool append);
  Result<void> resize(u64 size);
  Result<void> allocate(u32 mode, u64 offset, u64 length);
  Result<u64> seek_data(u64 offset, bool hole);
  // The page at `index` for a mapping, with a reference; made if missing. Errno::io beyond the end.
  Result<PhysAddr> page(u64 index, bool write);
  u64 size();

  // Names this, in the directory `self`. Fails with EEXIST.
  Result<void> add_entry(std::string_view name, Ref<TmpInode> inode);

  // memfd seals (fcntl(2)); kSealSeal set: none can be added.
  static constexpr u32 kSealSeal = 1, kSealShrink = 2, kSealGrow = 4, kSealWrite = 8, kSealFutureWrite = 16;
  u32 seals();
  Result<void> add_seals(u32 seals);
  bool sealable = false;
  std::atomic<u32> writable_mappings{0};  // shared ones: while there are any, kSealWrite is refused

 private:
  friend Result<Ref<TmpInode>> make_memory_file(u32 mode, bool sealable);
  ~TmpInode() override;
  TmpEntry* find(std::string_view name);  // lock held
  void erase(TmpEntry& entry);            // lock held; the caller deletes it after the lock
  Result<PhysAddr> page_for_write(u64 index, Result<void>& failure);
  void touch(bool modified);                            // lock held
  TmpAttribute* find_attribute(std::string_view name);  // lock held
  Result<void> copy_attributes(std::string_view name, String& out);

  // Under tmp().lock:
  u32 mode_, uid_ = 0, gid_ = 0, links_ = 1;
  u64 size_ = 0;
  const u64 special_device_;
  i64 access_s_, modify_s_, change_s_, birth_s_;
  u32 access_ns_, modify_ns_, change_ns_, birth_ns_;
  u32 seals_ = kSealSeal;
  bool removed_ = false;   // a directory that was removed takes no entries
  bool linkable_ = false;  // has no name and may be given one (O_TMPFILE without O_EXCL)
  List<TmpAttribute, &TmpAttribute::node> attributes_;
  u32 attribute_bytes_ = 0;
  PageMap pages_;
  HashTable<TmpEntry> entries_;
  List<TmpEntry, &TmpEntry::order> order_;
  u64 next_cookie_ = kFirstCookie + 1;
  TmpEntry* cursor_ = nullptr;  // where the last listing was: the next one mostly goes on from there
  String target_;               // of a symbolic link
  Ref<PipeBuffer> fifo_;
};

class TmpFile final : public File {
 public:
  TmpFile(u32 flags, Ref<TmpInode> inode) : File(flags), inode_(std::move(inode)) {}
  bool seekable() const override { return true; }
  Result<u64> read_at(IoBuffer& buffer, u64 offset) override { return inode_->read(buffer, offset); }
  Result<u64> write_at(IoBuffer& buffer, u64& offset) override { return inode_->write(buffer, offset, append()); }
  Result<u64> seek(i64 offset, u32 whence) override;
  Result<void> stat(abi::FileStat& out) override;
  Result<void> statfs(abi::FileSystemStat& out) override;
  Result<void> truncate(u64 size) override { return inode_->resize(size); }
  Result<void> allocate(u32 mode, u64 offset, u64 length) override { return inode_->allocate(mode, offset, length); }
  Result<void> sync(bool) override { return {}; }
  Result<Ref<mm::MemoryObject>> memory_object(bool shared, bool write) override;
  Result<String> describe(const Dentry& root) override;
  FileKind kind() const override { return FileKind::memory; }
  TmpInode& inode() { return *inode_; }
  String memory_name;  // of memfd_create

 private:
  Ref<TmpInode> inode_;
};

// The tmpfs file behind a descriptor, or null.
inline TmpFile* as_tmp_file(File& file) {
  return file.kind() == FileKind::memory ? static_cast<TmpFile*>(&file) : nullptr;
}

}  // namespace baryon::fs
