// pipe(2) and memfd_create(2).
#include "kernel/fs/pipe.hpp"
#include "kernel/arch/api/file_abi.hpp"
#include "kernel/fs/tmpfs/tmpfs.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

Result<u64> make(VirtAddr out, u64 flags) {
  fs::PipePair pair = TRY(fs::make_pipe(static_cast<u32>(flags)));
  u32 fds[2];
  TRY(fs::current_files().install_pair(std::move(pair.reader), std::move(pair.writer), flags & fs::kCloseOnExec,
                                       fs::descriptor_limit(), fds));
  if (!arch::copy_to_user(out, fds, sizeof fds)) {
    (void)fs::current_files().remove(fds[0]);
    (void)fs::current_files().remove(fds[1]);
    return Errno::fault;
  }
  return u64{0};
}

}  // namespace

Result<u64> sys_pipe(SyscallContext& c) { return make(c.arg[0], 0); }
Result<u64> sys_pipe2(SyscallContext& c) {
  return make(c.arg[0], arch::from_user_open_flags(static_cast<u32>(c.arg[1])));
}

Result<u64> sys_memfd_create(SyscallContext& c) {
  constexpr u64 kCloexec = 1, kAllowSealing = 2, kNoExecSeal = 8, kExec = 16, kNameMax = 249;
  if (c.arg[1] & ~(kCloexec | kAllowSealing | kNoExecSeal | kExec)) return Errno::inval;
  char name[kNameMax + 1];
  const i64 length = arch::string_from_user(name, c.arg[0], sizeof name);
  if (length < 0) return Errno::fault;
  if (length > static_cast<i64>(kNameMax)) return Errno::inval;
  const bool no_exec = c.arg[1] & kNoExecSeal;
  Ref<fs::TmpInode> inode = TRY(fs::make_memory_file(no_exec ? 0666 : 0777, c.arg[1] & (kAllowSealing | kNoExecSeal)));
  Ref<fs::TmpFile> file = TRY(make_ref<fs::TmpFile>(fs::kReadWrite, std::move(inode)));
  file->memory_name = TRY(String::copy({name, static_cast<u64>(length)}));
  return u64{TRY(fs::current_files().install(std::move(file), c.arg[1] & kCloexec, fs::descriptor_limit()))};
}

}  // namespace baryon::syscall
