// signalfd4(2).
#include "kernel/fs/signal_file.hpp"
#include "kernel/sched/signal_types.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {
namespace {

Result<u64> make(u64 fd, VirtAddr mask_at, u64 size, u64 flags) {
  if (flags & ~u64{fs::kCloseOnExec | fs::kNonBlock} || size != sizeof(sched::SignalMask)) return Errno::inval;
  const auto mask = TRY(copy_in<sched::SignalMask>(mask_at)) & ~sched::kUnblockable;
  if (static_cast<i32>(fd) != -1) {
    Ref<fs::File> file = TRY(file_at(fd));
    fs::SignalFile* signals = fs::as_signal_file(*file);
    if (!signals) return Errno::inval;
    signals->set_mask(mask);
    return u64{static_cast<u32>(fd)};
  }
  Ref<fs::File> file = TRY(make_ref<fs::SignalFile>(mask, static_cast<u32>(flags) & fs::kNonBlock));
  return u64{TRY(fs::current_files().install(std::move(file), flags & fs::kCloseOnExec, fs::descriptor_limit()))};
}

}  // namespace

Result<u64> sys_signalfd(SyscallContext& c) { return make(c.arg[0], c.arg[1], c.arg[2], 0); }
Result<u64> sys_signalfd4(SyscallContext& c) { return make(c.arg[0], c.arg[1], c.arg[2], static_cast<u32>(c.arg[3])); }

}  // namespace baryon::syscall
