#include "kernel/init/program.hpp"

#include <cstring>
#include <span>
#include <string_view>

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/trap_frame.hpp"
#include "kernel/arch/api/vdso.hpp"
#include "kernel/base/format.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/shutdown.hpp"
#include "kernel/base/string.hpp"
#include "kernel/exec/program_loader.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/fs/streams.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/init/strings.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/syscall/program_file.hpp"

namespace baryon::init {
namespace {

[[noreturn]] void fail(Error error, const char* reason) {
  shut_down(abi::ExitReason::exec_failed, static_cast<i32>(error.code()), reason);
}
// What is wrong is not the program's fault: an option, or memory.
[[noreturn]] void fail_setup(Error error, const char* message) {
  shut_down(abi::ExitReason::setup_failed, static_cast<i32>(error.code()), message);
}

template <class T>
T must(Result<T> result, const char* what) {
  if (!result.ok()) fail_setup(result.error(), what);
  return result.take();
}
void must(Result<void> result, const char* what) {
  if (!result.ok()) fail_setup(result.error(), what);
}

// Pointers to the strings of a table from number `first` on, in kernel memory for good.
std::span<const char* const> pointers(const abi::StringTable& table, u32 first) {
  const u32 count = table.count > first ? table.count - first : 0;
  auto** list = static_cast<const char**>(heap_allocate((count + 1) * sizeof(char*)));
  if (list == nullptr) fail_setup(Errno::nomem, "no memory for the arguments");
  for (u32 i = 0; i < count; ++i) list[i] = table_string(table, first + i);
  return {list, count};
}

const char* base_name(const char* path) {
  const char* base = path;
  for (const char* p = path; *p != '\0'; ++p)
    if (*p == '/') base = p + 1;
  return base;
}

// What PROGRAM leads to. `path` is its path in the sandbox, relative to the working directory if it has no leading
// slash.
struct Program {
  Ref<exec::ByteSource> file;
  const char* path = "";
};

Result<Ref<exec::ByteSource>> open_program(const fs::Place& place, const char* path, const char*& reason) {
  return Ref<exec::ByteSource>(TRY(syscall::open_program(place, path, fs::kWalkFollow, sched::Credentials{}, reason)));
}

// The value of PATH, or what execvp(3) takes when there is none.
const char* search_path(std::span<const char* const> environment) {
  for (const char* entry : environment)
    if (std::string_view(entry).starts_with("PATH=")) return entry + 5;
  return "/bin:/usr/bin";
}

// As execvp(3): a name without a slash is looked for in the directories of PATH; one that may not be run does not end
// the search, but is remembered. An empty directory means the working directory.
Program find_in_path(const fs::Place& place, const char* name, const char* directories) {
  Error error = Errno::noent;
  const char* reason = "it is in no directory of PATH (--env)";
  for (const char* at = directories;;) {
    const char* end = at;
    while (*end != '\0' && *end != ':') ++end;
    String path;
    must(path.append(end == at ? std::string_view(".") : std::string_view(at, static_cast<std::size_t>(end - at))),
         "no memory for the program's path");
    must(path.append("/"), "no memory for the program's path");
    must(path.append(name), "no memory for the program's path");
    const char* why = "";
    Result<Ref<exec::ByteSource>> file = open_program(place, path.c_str(), why);
    if (file.ok()) {
      char* kept = static_cast<char*>(heap_allocate(path.size() + 1));
      if (kept == nullptr) fail_setup(Errno::nomem, "no memory for the program's path");
      std::memcpy(kept, path.c_str(), path.size() + 1);
      return {file.take(), kept};
    }
    const Errno code = file.error().code();
    if (code != Errno::noent && code != Errno::notdir) error = file.error(), reason = why;
    if (*end == '\0') fail(error, reason);
    at = end + 1;
  }
}

Program find_program(const fs::Place& place, const char* path, std::span<const char* const> environment) {
  if (*path != '\0' && !std::string_view(path).contains('/'))
    return find_in_path(place, path, search_path(environment));
  const char* reason = "";
  Result<Ref<exec::ByteSource>> file = open_program(place, path, reason);
  if (!file.ok()) fail(file.error(), reason);
  return {file.take(), path};
}

void assume_identity(sched::Process& process, const abi::ProgramIdentity& identity) {
  static_assert(abi::kMaxProgramGroups <= sched::kMaxGroups);
  static_assert(abi::kResourceLimits == static_cast<u32>(sched::Limit::count_));
  sched::Credentials& who = process.credentials;
  if ((identity.flags & abi::kIdentityUser) != 0) {
    who.uid = who.euid = who.suid = who.fsuid = identity.uid;
    who.gid = who.egid = who.sgid = who.fsgid = identity.gid;
    who.group_count = identity.group_count < abi::kMaxProgramGroups ? identity.group_count : abi::kMaxProgramGroups;
    for (u32 i = 0; i < who.group_count; ++i) who.groups[i] = identity.groups[i];
  }
  if ((identity.flags & abi::kIdentityCapabilities) != 0) {
    who.permitted = identity.permitted;
    who.effective = identity.effective;
    who.inheritable = identity.inheritable;
    who.bounding = identity.bounding;
    who.ambient = identity.ambient;
  }
  if ((identity.flags & abi::kIdentityUmask) != 0) process.file_mode_mask.store(identity.umask & 0777);
  for (u32 n = 0; n < abi::kResourceLimits; ++n)
    if ((identity.limits_given & (1u << n)) != 0)
      process.limits.value[n] = {.soft = identity.limits[n].soft, .hard = identity.limits[n].hard};
}

}  // namespace

void start_program(const abi::BootPage& page) {
  const fs::Place root_place{fs::root(), fs::root()};
  Result<Ref<fs::Dentry>> walked = fs::walk(root_place, page.working_directory, fs::kWalkFollow | fs::kWalkDirectory);
  if (!walked.ok()) {
    char message[400];
    format(message, sizeof message, "cannot enter the working directory %s (--cwd)", page.working_directory);
    fail_setup(walked.error(), message);
  }
  Ref<fs::Dentry> cwd = walked.take();
  const fs::Place place{fs::root(), cwd};

  exec::LoadRequest request;
  request.arguments = pointers(page.program, 1);
  request.environment = pointers(page.environment, 0);
  const Program program = find_program(place, table_string(page.program, 0), request.environment);
  const char* path = program.path;
  request.file = program.file;
  request.path = path;
  request.open_interpreter = &syscall::open_interpreter;
  const arch::VdsoImage vdso = arch::vdso_image();
  request.vdso = {.data = vdso.data, .data_pages = vdso.data_pages, .code = vdso.code, .code_pages = vdso.code_pages};
  request.seed = random_u64();
  random_bytes(request.random, sizeof request.random);

  Ref<mm::AddressSpace> space = must(mm::AddressSpace::create(request.seed), "no memory for the address space");
  const char* reason = "cannot be loaded";
  Result<exec::LoadedProgram> loaded = exec::load_program(*space, request, reason);
  if (!loaded.ok()) fail(loaded.error(), reason);

  Ref<sched::Process> process = must(sched::Process::create(space), "no memory for the process");
  assume_identity(*process, page.identity);
  format(process->executable, sizeof process->executable, "%s", path);
  must(fs::attach_process(*process, fs::root(), cwd), "no memory for descriptors");
  arch::TrapFrame frame;
  arch::frame_init_user(frame, loaded.value().entry, loaded.value().stack_pointer);
  Ref<sched::Task> task =
      must(sched::Task::create_user(*process, frame, arch::UserState{}, nullptr), "no memory for the first thread");
  format(task->name, sizeof task->name, "%s", base_name(path));
  mm::phys_to<abi::SandboxPage>(page.sandbox)->ready_counter = arch::counter();
  task->start();
}

}  // namespace baryon::init
