// inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2).
#include "kernel/fs/inotify.hpp"

#include "kernel/fs/permission.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

Result<u64> make(u64 flags) {
  if (flags & ~u64{fs::kCloseOnExec | fs::kNonBlock}) return Errno::inval;
  Ref<fs::File> file = TRY(make_ref<fs::Inotify>(static_cast<u32>(flags) & fs::kNonBlock));
  return u64{TRY(fs::current_files().install(std::move(file), flags & fs::kCloseOnExec, fs::descriptor_limit()))};
}

}  // namespace

Result<u64> sys_inotify_init(SyscallContext&) { return make(0); }
Result<u64> sys_inotify_init1(SyscallContext& c) { return make(static_cast<u32>(c.arg[0])); }

Result<u64> sys_inotify_add_watch(SyscallContext& c) {
  const u32 mask = static_cast<u32>(c.arg[2]);
  constexpr u32 kKnown = fs::kInAllEvents | fs::kInOnlyDirectory | fs::kInDontFollow | fs::kInExcludeUnlinked |
                         fs::kInMaskCreate | fs::kInMaskAdd | fs::kInOneShot;
  if (!(mask & (kKnown & ~u32{fs::kInMaskCreate})) || (mask & fs::kInMaskCreate && mask & fs::kInMaskAdd))
    return Errno::inval;
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  fs::Inotify* instance = fs::as_inotify(*file);
  if (!instance) return Errno::inval;
  UserPath path = TRY(UserPath::copy(c.arg[1]));
  const u32 how =
      (mask & fs::kInDontFollow ? 0 : fs::kWalkFollow) | (mask & fs::kInOnlyDirectory ? fs::kWalkDirectory : 0);
  Ref<fs::Dentry> dentry =
      TRY(fs::walk(TRY(place_of(static_cast<u32>(fs::kCurrentDirectory), path.view())), path.view(), how));
  TRY(fs::check_access(*dentry, fs::kMayRead));
  return static_cast<u64>(TRY(instance->add(std::move(dentry), mask)));
}

Result<u64> sys_inotify_rm_watch(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  fs::Inotify* instance = fs::as_inotify(*file);
  if (!instance) return Errno::inval;
  TRY(instance->remove(static_cast<i32>(c.arg[1])));
  return u64{0};
}

}  // namespace baryon::syscall
