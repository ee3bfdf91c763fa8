// ioctl(2): requests about descriptors are answered here, all others by the file.
#include "kernel/fs/ioctls.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {

Result<u64> sys_ioctl(SyscallContext& c) {
  Ref<fs::File> file = TRY(file_at(c.arg[0]));
  if (file->flags() & fs::kPath) return Errno::badf;
  const u32 command = static_cast<u32>(c.arg[1]);
  switch (command) {
    case fs::kFioclex:
    case fs::kFionclex:
      TRY(fs::current_files().set_close_on_exec(static_cast<u32>(c.arg[0]), command == fs::kFioclex));
      return u64{0};
    case fs::kFionbio: {
      const i32 on = TRY(copy_in<i32>(c.arg[2]));
      file->set_status_flags(on ? file->flags() | fs::kNonBlock : file->flags() & ~fs::kNonBlock);
      return u64{0};
    }
    case fs::kFioasync: {
      // As F_SETFL with O_ASYNC: remembered, and no SIGIO comes.
      const i32 on = TRY(copy_in<i32>(c.arg[2]));
      if (on && file->poll_queue() == nullptr) return Errno::notty;
      file->set_status_flags(on ? file->flags() | fs::kAsync : file->flags() & ~fs::kAsync);
      return u64{0};
    }
    case fs::kFionread: {
      abi::FileStat status;
      if (file->kind() == fs::FileKind::stream || file->kind() == fs::FileKind::pipe || !file->stat(status).ok() ||
          (status.mode & fs::kTypeMask) != fs::kRegular)
        break;
      const u64 left = status.size > file->position() ? status.size - file->position() : 0;
      TRY(copy_out(c.arg[2], static_cast<u32>(left > 0x7fffffff ? 0x7fffffff : left)));
      return u64{0};
    }
    default: break;
  }
  return file->ioctl(command, c.arg[2]);
}

}  // namespace baryon::syscall
