// A descriptor that refers to a process (pidfd_open(2)).
#pragma once

#include "kernel/fs/file.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::fs {

class ProcessFile final : public AnonymousFile {
 public:
  static Result<Ref<File>> create(Ref<sched::Process> process, u32 flags);
  // The process behind a descriptor. EBADF for any other file.
  static Result<Ref<sched::Process>> process_of(File& file);

  ProcessFile(Ref<sched::Process> process, u32 flags)
      : AnonymousFile(kReadWrite | flags, "anon_inode:[pidfd]", 0600), process_(std::move(process)) {}
  // Readable once the process has ended.
  u32 poll(u32 interest) override;
  sched::WaitQueue* poll_queue() override { return &process_->end_events; }
  FileKind kind() const override { return FileKind::process; }

 private:
  const Ref<sched::Process> process_;
};

}  // namespace baryon::fs
