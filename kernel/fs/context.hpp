// What the current process has of the file system: descriptors, root and working directory, umask.
#pragma once

#include "kernel/base/spinlock.hpp"
#include "kernel/fs/fd_table.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::fs {

class FsContext final : public RefCounted {
 public:
  FsContext(Ref<Dentry> root, Ref<Dentry> cwd) : root_(std::move(root)), cwd_(std::move(cwd)) {}
  Ref<Dentry> root() {
    SpinGuard guard(lock_);
    return root_;
  }
  Ref<Dentry> cwd() {
    SpinGuard guard(lock_);
    return cwd_;
  }
  void set_cwd(Ref<Dentry> dentry) { exchange(cwd_, std::move(dentry)); }
  void set_root(Ref<Dentry> dentry) { exchange(root_, std::move(dentry)); }
  Place place() { return {root(), cwd()}; }

 private:
  // The old dentry is dropped after the lock: its death takes the tree's lock.
  void exchange(Ref<Dentry>& slot, Ref<Dentry> value) {
    Ref<Dentry> old = std::move(value);
    SpinGuard guard(lock_);
    std::swap(slot, old);
  }
  SpinLock lock_;
  Ref<Dentry> root_, cwd_;
};

// Of a process that has been given them (attach_process); the current one always has.
FdTable& files_of(sched::Process& process);
FsContext& context_of(sched::Process& process);
FdTable& current_files();
FsContext& current_context();
mm::AddressSpace& current_address_space();
u64 descriptor_limit();  // RLIMIT_NOFILE of the current process
u32 current_umask();

}  // namespace baryon::fs
