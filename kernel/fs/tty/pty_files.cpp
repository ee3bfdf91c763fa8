// The open files of a pair of pseudoterminals.
#include "kernel/fs/tty/pty.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::fs {
namespace {

class MasterFile final : public File {
 public:
  MasterFile(u32 flags, Ref<Pty> pty) : File(flags), pty_(std::move(pty)) {}
  Result<u64> read_at(IoBuffer& buffer, u64) override { return pty_->master_read(buffer, nonblocking()); }
  Result<u64> write_at(IoBuffer& buffer, u64&) override { return pty_->master_write(buffer, nonblocking()); }
  u32 poll(u32) override { return pty_->master_poll(); }
  sched::WaitQueue* poll_queue() override { return &pty_->master_queue; }
  Result<u64> ioctl(u32 command, u64 argument) override { return pty_->ioctl(command, argument, true); }

 private:
  ~MasterFile() override { pty_->close_master(); }
  Ref<Pty> pty_;
};

class SlaveFile final : public File {
 public:
  SlaveFile(u32 flags, Ref<Pty> pty, u32 generation) : File(flags), pty_(std::move(pty)), generation_(generation) {}
  Result<u64> read_at(IoBuffer& buffer, u64) override { return pty_->slave_read(buffer, generation_, nonblocking()); }
  Result<u64> write_at(IoBuffer& buffer, u64&) override {
    return pty_->slave_write(buffer, generation_, nonblocking());
  }
  u32 poll(u32) override { return pty_->slave_poll(generation_); }
  sched::WaitQueue* poll_queue() override { return &pty_->slave_queue; }
  Result<u64> ioctl(u32 command, u64 argument) override {
    return pty_->hung_up(generation_) ? Result<u64>(Errno::io) : pty_->ioctl(command, argument, false);
  }

 private:
  ~SlaveFile() override { pty_->close_slave(generation_); }
  Ref<Pty> pty_;
  const u32 generation_;
};

}  // namespace

Result<Ref<File>> Pty::open(u32 flags) {
  if (locked) return Errno::io;
  u32 generation = 0;
  {
    SpinGuard guard(lock_);
    if (!master_open_) return Errno::io;
    generation = generation_.load(std::memory_order_relaxed);
    ++slaves_;
    slave_was_open_ = true;
  }
  auto file = make_ref<SlaveFile>(flags, Ref<Pty>(this), generation);
  if (!file.ok()) {
    close_slave(generation);
    return file.error();
  }
  if (!(flags & kNoCtty)) offer_to_session();
  return Ref<File>(file.take());
}

Result<Ref<File>> open_master(u32 flags) {
  Ref<Pty> pty = TRY(Pty::create());
  auto file = make_ref<MasterFile>(flags, pty);
  if (!file.ok()) {
    pty->close_master();
    return file.error();
  }
  return Ref<File>(file.take());
}

}  // namespace baryon::fs
