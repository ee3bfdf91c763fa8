// Descriptors of processes: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2).
#include "kernel/fs/context.hpp"
#include "kernel/fs/process_file.hpp"
#include "kernel/syscall/signal_send.hpp"

namespace baryon::syscall {

namespace {

// A pidfd, or /proc/<pid> opened as a directory: what stood for a process before there were pidfds.
Result<Ref<sched::Process>> process_at(u64 descriptor) {
  Ref<fs::File> file = TRY(fs::current_files().get(static_cast<u32>(descriptor)));
  if (fs::Dentry* const dentry = file->dentry(); dentry != nullptr && !(file->flags() & fs::kPath))
    if (sched::Process* const process = dentry->inode().shown_process()) return Ref<sched::Process>(process);
  return fs::ProcessFile::process_of(*file);
}

}  // namespace

Result<u64> sys_pidfd_open(SyscallContext& c) {
  const u32 flags = static_cast<u32>(c.arg[1]);
  if ((flags & ~fs::kNonBlock) != 0 || static_cast<i32>(c.arg[0]) <= 0) return Errno::inval;
  Ref<sched::Process> process = sched::find_process(static_cast<u32>(c.arg[0]));
  // Only a process has one, not any thread of it.
  if (!process) return sched::find_task(static_cast<u32>(c.arg[0])) ? Errno::inval : Errno::srch;
  Ref<fs::File> file = TRY(fs::ProcessFile::create(std::move(process), flags));
  return u64{TRY(fs::current_files().install(std::move(file), true, fs::descriptor_limit()))};
}

Result<u64> sys_pidfd_send_signal(SyscallContext& c) {
  if (c.arg[3] != 0) return Errno::inval;
  Ref<sched::Process> process = TRY(process_at(c.arg[0]));
  const int signal = static_cast<int>(c.arg[1]);
  if (signal < 0 || signal > sched::kSignals) return Errno::inval;
  if (c.arg[2] == 0) return send_to_process(*process, info_from_current(signal, sched::kSiUser));
  const auto given = TRY(copy_in<sched::SigInfo>(c.arg[2]));
  if (given.signo != signal) return Errno::inval;
  return send_to_process(*process, TRY(given_info(c.arg[2], signal, process->pid())));
}

Result<u64> sys_pidfd_getfd(SyscallContext& c) {
  if (c.arg[2] != 0) return Errno::inval;
  Ref<fs::File> file = TRY(fs::current_files().get(static_cast<u32>(c.arg[0])));
  Ref<sched::Process> process = TRY(fs::ProcessFile::process_of(*file));
  // ptrace(2), PTRACE_MODE_ATTACH: a container's programs lack CAP_SYS_PTRACE; the same user may.
  const sched::Credentials& mine = sched::current_process().credentials;
  const sched::Credentials& its = process->credentials;
  if (mine.uid != its.uid || its.uid != its.euid || its.uid != its.suid || !process->dumpable) return Errno::perm;
  Ref<fs::FdTable> table = process->find_extension<fs::FdTable>(sched::Extension::files);
  if (!table) return Errno::srch;
  Ref<fs::File> found = TRY(table->get(static_cast<u32>(c.arg[1])));
  return u64{TRY(fs::current_files().install(std::move(found), true, fs::descriptor_limit()))};
}

}  // namespace baryon::syscall
