// signalfd(2): signals as data. Who reads takes its own signals, as Linux has it: a descriptor that a child inherited
// shows the child's.
#pragma once

#include "kernel/fs/file.hpp"
#include "kernel/sched/signal_types.hpp"

namespace baryon::fs {

class SignalFile final : public AnonymousFile {
 public:
  SignalFile(sched::SignalMask mask, u32 flags)
      : AnonymousFile(kReadWrite | flags, "anon_inode:[signalfd]", 0600), mask_(mask) {}
  void set_mask(sched::SignalMask mask);
  sched::SignalMask mask() const { return mask_.load(std::memory_order_relaxed); }
  Result<u64> read_at(IoBuffer& buffer, u64) override;
  u32 poll(u32) override;
  sched::WaitQueue* poll_queue() override;
  FileKind kind() const override { return FileKind::signal; }

 private:
  std::atomic<sched::SignalMask> mask_;
};

inline SignalFile* as_signal_file(File& file) {
  return file.kind() == FileKind::signal ? static_cast<SignalFile*>(&file) : nullptr;
}

}  // namespace baryon::fs
