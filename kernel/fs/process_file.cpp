#include "kernel/fs/process_file.hpp"

#include "kernel/base/heap.hpp"
#include "kernel/sched/process_tree.hpp"

namespace baryon::fs {

Result<Ref<File>> ProcessFile::create(Ref<sched::Process> process, u32 flags) {
  return Ref<File>(TRY(make_ref<ProcessFile>(std::move(process), flags)));
}

Result<Ref<sched::Process>> ProcessFile::process_of(File& file) {
  if (file.kind() != FileKind::process) return Errno::badf;
  return static_cast<ProcessFile&>(file).process_;
}

u32 ProcessFile::poll(u32 interest) {
  SpinGuard guard(sched::tree_lock);
  return process_->zombie ? interest & (kPollIn | kPollReadNormal) : 0;
}

}  // namespace baryon::fs
