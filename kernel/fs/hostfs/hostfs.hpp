// hostfs: a host directory, served by QCalls. No name is cached in the guest: what the host has is what a
// program sees; of objects, what cannot change is kept (data_version, LinkTexts). Objects are named by their path from
// the mount's root, which the live dentries know.
#pragma once

#include <atomic>

#include "kernel/fs/hostfs/link_texts.hpp"
#include "kernel/fs/inode.hpp"
#include "kernel/fs/pipe.hpp"
#include "kernel/qcall/client.hpp"

namespace baryon::fs {

class HostFs final : public FileSystem {
 public:
  HostFs(u32 handle, bool is_read_only) : FileSystem("hostfs", is_read_only), root_handle(handle) {}
  Result<void> statfs(Dentry& where, abi::FileSystemStat& out) override;
  bool inherits_group() const override { return true; }
  Result<Ref<Inode>> lookup_path(Dentry& directory, std::string_view path, u32 components,
                                 Vector<Ref<Inode>>& way) override;

  const u32 root_handle;  // of the directory, or of the file that is bound
  LinkTexts links;
};

// The inode of a mount's root; asks the host what it is.
Result<Ref<Inode>> mount_hostfs(u32 handle, bool read_only);

class PathArgument;

// A handle on the host, closed with the last reference.
class HostHandle final : public RefCounted {
 public:
  explicit HostHandle(u32 handle) : number(handle) {}
  const u32 number;
  // flock(2) was passed on: the host's lock must be gone when close(2) returns.
  std::atomic<bool> locked{false};

 private:
  ~HostHandle() override;
};

class HostInode final : public Inode {
 public:
  // A directory that is known to exist and no more.
  explicit HostInode(HostFs& fs) : Inode(fs, kDirectoryType, 0), host_device_(0), born_{} {}
  HostInode(HostFs& fs, const abi::FileStat& status)
      : Inode(fs, status.mode, status.inode), host_device_(status.device), born_(status) {
    born_.device = fs.device;
  }
  HostFs& host() const { return static_cast<HostFs&>(fs()); }
  // Objects of different host file systems below one mount may share a number.
  bool same(const Inode& other) const override;
  u64 host_device() const { return host_device_; }

  Result<void> stat(Dentry& self, abi::FileStat& out) override;
  bool status_at_lookup(abi::FileStat& out) const override {
    out = born_;
    return number() != 0;
  }
  Result<Ref<File>> open(Dentry& self, u32 flags) override;
  Result<Ref<Inode>> lookup(Dentry& self, std::string_view name) override;
  Result<Created> create(Dentry& self, std::string_view name, u32 flags, u32 mode) override;
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
  ~HostInode() override;
  Result<void> truncate(Dentry& self, u64 size) override;
  Result<Created> create_nameless(Dentry& self, u32 flags, u32 mode) override;
  Result<void> get_attribute(Dentry& self, std::string_view name, String& out) override;
  Result<void> set_attribute(Dentry& self, std::string_view name, std::string_view value, u32 flags) override;
  Result<void> remove_attribute(Dentry& self, std::string_view name) override;
  Result<void> list_attributes(Dentry& self, String& out) override;

  // The open file's handle, for an object without a name (O_TMPFILE): there is no path to ask by. The file has the
  // dentry that holds this inode, so it lives at least as long as anybody can ask.
  u32 nameless_handle = abi::kNoHandle;

 private:
  abi::FileStat host_status() const;  // born_ with the host's device
  // A new regular file, opened. `how`: the flags that make it.
  Result<Created> make_file(const PathArgument& path, u32 flags, u32 how, u32 mode);
  const u64 host_device_;
  abi::FileStat born_;  // what the host said when this was looked up; never changes
  Result<Ref<HostHandle>> readable_handle(Dentry& self);
  SpinLock lock_;
  // --- under lock_ ---
  Ref<PipeBuffer> fifo_;      // while a dentry of the FIFO lives
  Ref<HostHandle> readable_;  // of a frozen file: what opening it for reading gave
};

// A path argument of a QCall: a page of kernel memory.
class PathArgument {
 public:
  // The object of `dentry`, or `name` below it.
  static Result<PathArgument> of(const Dentry& dentry, std::string_view name = {});
  static Result<PathArgument> text(std::string_view text);
  PathArgument(PathArgument&& other) noexcept
      : handle(other.handle), bytes_(std::exchange(other.bytes_, nullptr)), length_(other.length_) {}
  ~PathArgument() { heap_free(bytes_); }
  void add_to(qcall::Request& request) const { request.add_segment(bytes_, length_); }
  // The handle from which the path leads: the mount's root, or the object's own with an empty path.
  u32 handle = abi::kNoHandle;

 private:
  explicit PathArgument(char* bytes) : bytes_(bytes) {}
  char* bytes_;
  u32 length_ = 0;
};

// stat of an object by path from a handle. `flags`: QCallOp::stat's.
Result<void> host_stat(u32 handle, const PathArgument& path, u64 flags, abi::FileStat& out);
// stat of the object that a handle names.
Result<void> host_stat(u32 handle, abi::FileStat& out);
void host_close(u32 handle);

}  // namespace baryon::fs
