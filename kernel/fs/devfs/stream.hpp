// Standard streams: pipes, terminals, files or sockets that the host process inherited.
#pragma once

#include "kernel/fs/devfs/host_terminal.hpp"
#include "kernel/fs/file.hpp"
#include "kernel/qcall/client.hpp"

namespace baryon::fs {

class StreamFile final : public AnonymousFile {
 public:
  StreamFile(Ref<StreamHandle> handle, u32 flags, const abi::FileStat& status)
      : AnonymousFile(flags, "host:", status.mode),
        shared_(std::move(handle)),
        handle_(shared_->number),
        status_(status),
        terminal_(shared_->terminal),
        notice_(poll_done, this) {}

  Result<u64> read_at(IoBuffer& buffer, u64 offset) override;
  Result<u64> write_at(IoBuffer& buffer, u64& offset) override;
  Result<u64> seek(i64 offset, u32 whence) override;
  u32 poll(u32 interest) override;
  sched::WaitQueue* poll_queue() override { return always_ready() ? nullptr : &queue_; }
  Result<void> stat(abi::FileStat& out) override;
  Result<void> statfs(abi::FileSystemStat& out) override;
  Result<u64> ioctl(u32 command, u64 argument) override;
  Result<void> truncate(u64 size) override;
  Result<void> sync(bool data_only) override;
  Result<String> describe(const Dentry& root) override;
  FileKind kind() const override { return FileKind::stream; }
  bool is_terminal() const { return static_cast<bool>(terminal_); }

 private:
  bool always_ready() const { return (status_.mode & kTypeMask) == kRegular; }
  Result<i64> call(abi::QCallOp op, u64 a0 = 0, u64 a1 = 0, void* data = nullptr, u32 size = 0);
  static void poll_done(qcall::Pending& pending, i64 result);
  void watch(u32 interest);

  const Ref<StreamHandle> shared_;
  const u32 handle_;
  const abi::FileStat status_;
  const Ref<HostTerminal> terminal_;  // null: it is none
  sched::WaitQueue queue_;
  // One poll request at the host tells of events that do not hold now. `watched_` is what it asks for; 0: none.
  SpinLock watch_lock_;
  u32 watched_ = 0;
  qcall::Pending notice_;
};

}  // namespace baryon::fs
