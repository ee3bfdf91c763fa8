// File descriptors of a process, shared by its threads.
//
// Locking: one spin lock. A look-up takes a reference, so a descriptor that another thread closes during a
// call stays usable until the call ends.
#pragma once

#include "kernel/base/spinlock.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/fs/file.hpp"

namespace baryon::fs {

class FdTable final : public RefCounted {
 public:
  static Result<Ref<FdTable>> create() { return make_ref<FdTable>(); }
  Result<Ref<FdTable>> clone();  // fork

  // EBADF if nothing is open there.
  Result<Ref<File>> get(u64 fd);
  // The lowest free descriptor from `minimum` on. EMFILE from `limit` on, EINVAL for minimum >= limit.
  Result<u32> install(Ref<File> file, bool close_on_exec, u64 limit, u32 minimum = 0);
  // Two at once (pipe2), or none.
  Result<void> install_pair(Ref<File> a, Ref<File> b, bool close_on_exec, u64 limit, u32 out[2]);
  // dup2: replaces what is at `fd`, which is returned for the caller to drop. EBADF for fd >= limit.
  Result<Ref<File>> replace(u32 fd, Ref<File> file, bool close_on_exec, u64 limit);
  // Takes the descriptor out. EBADF.
  Result<Ref<File>> remove(u64 fd);
  Result<bool> close_on_exec(u64 fd);
  Result<void> set_close_on_exec(u64 fd, bool value);
  // The first open descriptor >= fd, or ~0.
  u32 next_open(u32 fd);
  u32 open_count();
  // Everything, or what is marked close-on-exec.
  void close_all(bool marked_only);

  FdTable() = default;

 protected:
  ~FdTable() override { close_all(false); }

 private:
  struct Entry {
    Ref<File> file;
    bool close_on_exec = false;
  };
  Result<void> make_room(u32 fd);  // lock held
  u32 lowest_free(u32 from);       // lock held; may be entries_.size()

  SpinLock lock_;
  Vector<Entry> entries_;
  u32 hint_ = 0;  // no free descriptor below
};

}  // namespace baryon::fs
