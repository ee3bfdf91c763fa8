// Directories: getdents64(2), getcwd(2), chdir(2), chroot(2).
#include "kernel/fs/directory_records.hpp"
#include "kernel/fs/mount_directory.hpp"
#include "kernel/fs/permission.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

Result<u64> read_entries(SyscallContext& c, bool old_format) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (file->flags() & fs::kPath) return Errno::badf;
  constexpr u64 kMost = 32 * 1024;
  const u64 size = static_cast<u32>(c.arg[2]) < kMost ? static_cast<u32>(c.arg[2]) : kMost;
  auto* memory = static_cast<u8*>(heap_allocate(size ? size : 8));
  if (!memory) return Errno::nomem;
  fs::DirectoryRecords sink(memory, size, old_format);
  auto result = file->with_position([&](u64& position) { return fs::read_directory(*file, sink, position); });
  Result<u64> outcome = sink.used();
  if (!result.ok() && sink.used() == 0) outcome = result.error();
  else if (sink.used() == 0 && sink.full()) outcome = Errno::inval;  // not even one fits
  else if (!arch::copy_to_user(c.arg[1], memory, sink.used())) outcome = Errno::fault;
  heap_free(memory);
  return outcome;
}

Result<u64> change_directory(Ref<fs::Dentry> dentry) {
  if (!dentry->inode().is_directory()) return Errno::notdir;
  TRY(fs::check_access(*dentry, fs::kMayExecute));
  fs::current_context().set_cwd(std::move(dentry));
  return u64{0};
}

}  // namespace

Result<u64> sys_getdents64(SyscallContext& c) { return read_entries(c, false); }
Result<u64> sys_getdents(SyscallContext& c) { return read_entries(c, true); }

Result<u64> sys_getcwd(SyscallContext& c) {
  Ref<fs::Dentry> cwd = fs::current_context().cwd();
  if (cwd->is_detached()) return Errno::noent;
  String path = TRY(cwd->path(*fs::current_context().root()));
  if (path.size() + 1 > c.arg[1]) return Errno::range;
  if (!arch::copy_to_user(c.arg[0], path.c_str(), path.size() + 1)) return Errno::fault;
  return u64{path.size() + 1};
}

Result<u64> sys_chdir(SyscallContext& c) {
  UserPath path = TRY(UserPath::copy(c.arg[0]));
  return change_directory(TRY(fs::walk(TRY(place_of(static_cast<u32>(fs::kCurrentDirectory), path.view())), path.view(),
                                       fs::kWalkFollow | fs::kWalkDirectory)));
}
Result<u64> sys_fchdir(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (!file->dentry()) return Errno::notdir;
  return change_directory(Ref<fs::Dentry>(file->dentry()));
}

Result<u64> sys_chroot(SyscallContext& c) {
  UserPath path = TRY(UserPath::copy(c.arg[0]));
  Ref<fs::Dentry> root = TRY(fs::walk(TRY(place_of(static_cast<u32>(fs::kCurrentDirectory), path.view())), path.view(),
                                      fs::kWalkFollow | fs::kWalkDirectory));
  TRY(fs::check_access(*root, fs::kMayExecute));
  if (!sched::current_process().credentials.can(sched::Capability::sys_chroot)) return Errno::perm;
  fs::current_context().set_root(std::move(root));
  return u64{0};
}

}  // namespace baryon::syscall
