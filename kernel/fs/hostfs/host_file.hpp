// Open files and directories of hostfs: each owns a handle on the host.
#pragma once

#include "kernel/fs/file.hpp"
#include "kernel/fs/hostfs/hostfs.hpp"

namespace baryon::fs {

class SharedPages;

// Both take over `handle`, which is closed on failure. `status`: the host's, as opening found it.
Result<Ref<File>> host_file(HostFs& fs, u32 handle, u32 flags, const abi::FileStat& status);
// The same around a handle that others may share: reads and writes say where, so they do not disturb each other.
Result<Ref<File>> host_file(HostFs& fs, Ref<HostHandle> handle, u32 flags, const abi::FileStat& status);
Result<Ref<File>> host_directory(HostFs& fs, u32 handle, u32 flags);

// Data of a host object, in QCalls of at most abi::kMaxTransfer bytes, straight from and to the buffer's
// memory. `offset` may be kCurrentPosition. `wait`: interruptible, stops after the first short answer.
Result<u64> host_read(u32 handle, IoBuffer& buffer, u64 offset, bool stream);
Result<u64> host_write(u32 handle, IoBuffer& buffer, u64 offset, bool append, bool stream);

// A QCall that changes something on the host. Such calls are counted: what was known before may no longer hold.
Result<i64> changing_call(const qcall::Request& request);

// An open file believes what opening told about it for a moment: most programs ask fstat(2) next, or map the file, and
// each question costs a round trip. What this kernel changes ends that at once; what the host changes in that moment is
// seen after it. Of a frozen file system it holds for ever.
class HostFile final : public File {
 public:
  HostFile(HostFs& fs, Ref<HostHandle> handle, u32 flags, const abi::FileStat& status);
  // Attributes for telling whether two opens found the same data: those of the open if it was less than a tenth of a
  // second ago, else the host's.
  Result<void> data_version(abi::FileStat& out);
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
  u64 host_inode() const { return opened_.inode; }
  u64 host_device() const { return opened_.device; }
  HostFs& host() const { return *fs_; }

 private:
  // Whether the object can no longer be asked for by its path.
  bool lost_its_name() const { return dentry() && dentry()->is_detached() && &dentry()->fs() == fs_.get(); }
  Ref<HostFs> fs_;
  const Ref<HostHandle> shared_;
  bool believes(u64 ns) const;
  const u32 handle_;  // shared_'s
  const abi::FileStat opened_;
  const u64 opened_at_;                // monotonic ns
  const u32 changes_;                  // that had been counted then
  std::atomic<bool> was_read_{false};  // which moves the time of access
};

}  // namespace baryon::fs
