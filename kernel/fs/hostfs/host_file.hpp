// Open files and directories of hostfs: each owns a handle on the host.
#pragma once

#include "kernel/fs/file.hpp"
#include "kernel/fs/hostfs/hostfs.hpp"

namespace baryon::fs {

class SharedPages;

// Both take over `handle`, which is closed on failure. `inode` and `device` are the host's, for identity.
Result<Ref<File>> host_file(HostFs& fs, u32 handle, u32 flags, u64 inode, u64 device);
// The same around a handle that others may share: reads and writes say where, so they do not disturb each other.
Result<Ref<File>> host_file(HostFs& fs, Ref<HostHandle> handle, u32 flags, u64 inode, u64 device);
Result<Ref<File>> host_directory(HostFs& fs, u32 handle, u32 flags);

// Data of a host object, in QCalls of at most abi::kMaxTransfer bytes, straight from and to the buffer's
// memory. `offset` may be kCurrentPosition. `wait`: interruptible, stops after the first short answer.
Result<u64> host_read(u32 handle, IoBuffer& buffer, u64 offset, bool stream);
Result<u64> host_write(u32 handle, IoBuffer& buffer, u64 offset, bool append, bool stream);

class HostFile final : public File {
 public:
  HostFile(HostFs& fs, Ref<HostHandle> handle, u32 flags, u64 inode, u64 device)
      : File(flags), fs_(&fs), shared_(std::move(handle)), handle_(shared_->number), inode_(inode), device_(device) {}
  Result<u64> read_at(IoBuffer& buffer, u64 offset) override;
  Result<u64> write_at(IoBuffer& buffer, u64& offset) override;
  bool seekable() const override { return true; }
  Result<u64> seek(i64 offset, u32 whence) override;
  Result<void> stat(abi::FileStat& out) override;
  Result<void> truncate(u64 size) override;
  Result<void> allocate(u32 mode, u64 offset, u64 length) override;
  Result<void> chmod(u32 mode) override;
  Result<void> chown(u32 uid, u32 gid) override;
  Result<void> utimens(const TimeUpdate& times) override;
  Result<void> sync(bool data_only) override;
  Result<Ref<mm::MemoryObject>> memory_object(bool shared, bool write) override;
  Result<void> host_lock(u32 operation) override;

  u32 handle() const { return handle_; }
  u64 host_inode() const { return inode_; }
  u64 host_device() const { return device_; }
  HostFs& host() const { return *fs_; }

 private:
  // Whether the object can no longer be asked for by its path.
  bool lost_its_name() const { return dentry() && dentry()->is_detached() && &dentry()->fs() == fs_.get(); }
  Ref<HostFs> fs_;
  const Ref<HostHandle> shared_;
  const u32 handle_;  // shared_'s
  const u64 inode_, device_;
};

}  // namespace baryon::fs
