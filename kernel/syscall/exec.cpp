// execve(2) and execveat(2).
//
// Everything that can fail happens first, in a new address space beside the old one. Then the other threads end, and
// from there on there is no way back: the process continues in the new program.
#include "kernel/exec/program_loader.hpp"

#include "kernel/arch/api/context.hpp"
#include "kernel/arch/api/vdso.hpp"
#include "kernel/base/format.hpp"
#include "kernel/base/random.hpp"
#include "kernel/exec/stack_image.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/syscall/file_support.hpp"
#include "kernel/syscall/program_file.hpp"
#include "kernel/syscall/program_image.hpp"
#include "kernel/syscall/time_timers.hpp"

namespace baryon::syscall {
namespace {

constexpr u32 kAtSymlinkNoFollow = 0x100, kAtEmptyPath = 0x1000;
constexpr u32 kSetUser = 04000, kSetGroup = 02000, kGroupExecute = 010;

Result<Ref<FileSource>> open_image(u64 dirfd, VirtAddr address, u32 flags, String& path) {
  if ((flags & ~(kAtSymlinkNoFollow | kAtEmptyPath)) != 0) return Errno::inval;
  const UserPath text = TRY(UserPath::copy(address));
  const sched::Credentials& who = sched::current_process().credentials;
  const char* reason = "";
  const bool relative_to_descriptor =
      static_cast<i32>(dirfd) != fs::kCurrentDirectory && (text.empty() || text.view().front() != '/');
  if (text.empty()) {
    if ((flags & kAtEmptyPath) == 0) return Errno::noent;
    Ref<fs::File> file = TRY(file_at(dirfd));
    TRY(path.appendf("/dev/fd/%u", static_cast<u32>(dirfd)));
    if (!file->readable() && file->dentry()) {
      // O_PATH, or open for writing only: the file itself is what counts (execveat(2)).
      file = TRY(fs::open_dentry(Ref<fs::Dentry>(file->dentry()), fs::kReadOnly));
    }
    return program_of(std::move(file), who, reason);
  }
  if (relative_to_descriptor) TRY(path.appendf("/dev/fd/%u/", static_cast<u32>(dirfd)));
  TRY(path.append(text.view()));
  const u32 walk = (flags & kAtSymlinkNoFollow) != 0 ? 0 : fs::kWalkFollow;
  return open_program(TRY(place_of(dirfd, text.view())), text.view(), walk, who, reason);
}

// capabilities(7), "Transformation of capabilities during execve()", and the set-id bits of execve(2).
// `honours_set_id`: the program is on a mount that is not nosuid.
sched::Credentials credentials_for(const abi::FileStat& file, bool honours_set_id) {
  const sched::Process& process = sched::current_process();
  sched::Credentials next = process.credentials;
  bool set_id = false;
  if (!process.no_new_privileges && honours_set_id) {
    if ((file.mode & kSetUser) != 0 && next.euid != file.uid) {
      next.euid = file.uid;
      set_id = true;
    }
    if ((file.mode & (kSetGroup | kGroupExecute)) == (kSetGroup | kGroupExecute) && next.egid != file.gid) {
      next.egid = file.gid;
      set_id = true;
    }
  }
  next.suid = next.fsuid = next.euid;
  next.sgid = next.fsgid = next.egid;
  if (set_id) next.ambient = 0;
  if (next.uid == 0 || next.euid == 0) {
    next.permitted = next.inheritable | next.bounding;
    next.effective = next.euid == 0 ? next.permitted : next.ambient;
  } else {
    next.permitted = next.effective = next.ambient;
  }
  return next;
}

// execve(2): caught signals get their default action, ignored ones stay ignored.
void reset_signals(sched::Process& process) {
  SpinGuard guard(process.lock);
  for (sched::SignalAction& action : process.actions)
    action = {.handler = action.handler == sched::kSigIgnore ? sched::kSigIgnore : sched::kSigDefault};
}

// A descriptor table shared with another process stays theirs.
Result<void> own_descriptors(sched::Process& process) {
  auto* files = process.extension<fs::FdTable>(sched::Extension::files);
  if (files->ref_count() > 1) {
    Ref<fs::FdTable> copy = TRY(files->clone());
    Ref<RefCounted> old = process.take_extension(sched::Extension::files);
    process.set_extension(sched::Extension::files, std::move(copy));
  }
  return {};
}

void name_task(sched::Task& task, const char* path) {
  const char* base = path;
  for (const char* p = path; *p != '\0'; ++p)
    if (*p == '/') base = p + 1;
  __builtin_memset(task.name, 0, sizeof task.name);
  format(task.name, sizeof task.name, "%s", base);
}

// No way back from here.
void commit(SyscallContext& c, const ProgramImage& image, Ref<mm::AddressSpace> space,
            const exec::LoadedProgram& loaded, const sched::Credentials& credentials, bool secure) {
  sched::Task& task = sched::current();
  sched::Process& process = *task.process;
  sched::release_user_words(task);
  Ref<mm::AddressSpace> old = process.exchange_space(std::move(space));
  sched::enter_space();
  old->leave();
  old = nullptr;
  process.release_vfork();

  process.extension<fs::FdTable>(sched::Extension::files)->close_all(true);
  reset_signals(process);
  drop_posix_timers(process);
  task.alternate_stack = {};
  task.restart_deadline = 0;
  name_task(task, image.path.c_str());
  format(process.executable, sizeof process.executable, "%s", image.path.c_str());
  process.credentials = credentials;
  process.dumpable = !secure;
  process.personality &= ~(secure ? 0x0040000u : 0u);  // ADDR_NO_RANDOMIZE
  {
    SpinGuard guard(sched::tree_lock);
    process.has_executed = true;
    process.exit_signal = sched::kSigchld;
    if (secure) process.parent_death_signal = 0;
  }
  arch::user_state_load({});
  arch::fpu_init(task.fpu);
  arch::fpu_load(task.fpu);
  arch::frame_init_user(c.frame, loaded.entry, loaded.stack_pointer);
}

Result<u64> execute(SyscallContext& c, u64 dirfd, VirtAddr path, VirtAddr arguments, VirtAddr environment, u32 flags) {
  sched::Process& process = sched::current_process();
  ProgramImage image;
  image.file = TRY(open_image(dirfd, path, flags, image.path));
  const u64 stack_limit = process.limits[sched::Limit::stack].soft;
  const u64 limit = exec::arguments_limit(stack_limit);
  TRY(image.arguments.copy(arguments, limit));
  TRY(image.environment.copy(environment, limit));
  if (image.arguments.bytes() + image.environment.bytes() > limit) return Errno::toobig;
  // Linux since 5.18: a program always has a name.
  if (image.arguments.count() == 0) TRY(image.arguments.append(""));
  TRY(follow_scripts(image, fs::current_context().place(), process.credentials));

  const sched::Credentials credentials = credentials_for(image.file->status(), image.file->honours_set_id());
  const arch::VdsoImage vdso = arch::vdso_image();
  exec::LoadRequest request;
  request.file = image.file;
  request.open_interpreter = &open_interpreter;
  request.path = image.path.c_str();
  request.arguments = image.arguments.pointers();
  request.environment = image.environment.pointers();
  request.vdso = {.data = vdso.data, .data_pages = vdso.data_pages, .code = vdso.code, .code_pages = vdso.code_pages};
  request.stack_limit = stack_limit;
  request.seed = random_u64();
  random_bytes(request.random, sizeof request.random);
  request.uid = credentials.uid, request.euid = credentials.euid;
  request.gid = credentials.gid, request.egid = credentials.egid;
  request.secure = credentials.uid != credentials.euid || credentials.gid != credentials.egid;

  Ref<mm::AddressSpace> space = TRY(mm::AddressSpace::create(request.seed));
  const char* reason = "";
  const exec::LoadedProgram loaded = TRY(exec::load_program(*space, request, reason));
  TRY(own_descriptors(process));
  TRY(process.become_only_thread());
  commit(c, image, std::move(space), loaded, credentials, request.secure);
  return 0;
}

}  // namespace

Result<u64> sys_execve(SyscallContext& c) {
  return execute(c, static_cast<u64>(fs::kCurrentDirectory), c.arg[0], c.arg[1], c.arg[2], 0);
}

Result<u64> sys_execveat(SyscallContext& c) {
  return execute(c, c.arg[0], c.arg[1], c.arg[2], c.arg[3], static_cast<u32>(c.arg[4]));
}

}  // namespace baryon::syscall
