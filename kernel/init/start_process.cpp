#include "kernel/init/start_process.hpp"

#include <string_view>

#include "kernel/arch/api/trap_frame.hpp"
#include "kernel/arch/api/vdso.hpp"
#include "kernel/base/format.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/string.hpp"
#include "kernel/exec/program_loader.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/fs/streams.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/syscall/program_image.hpp"
#include "kernel/syscall/seccomp.hpp"

namespace baryon::init {
namespace {

void assume_identity(const abi::ProgramIdentity& identity, sched::Credentials& who) {
  static_assert(abi::kMaxProgramGroups <= sched::kMaxGroups);
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
}

void assume_limits(const abi::ProgramIdentity& identity, sched::Process& process) {
  static_assert(abi::kResourceLimits == static_cast<u32>(sched::Limit::count_));
  if ((identity.flags & abi::kIdentityUmask) != 0) process.file_mode_mask.store(identity.umask & 0777);
  if ((identity.flags & abi::kIdentityNoNewPrivileges) != 0) process.no_new_privileges = true;
  for (u32 n = 0; n < abi::kResourceLimits; ++n)
    if ((identity.limits_given & (1u << n)) != 0)
      process.limits.value[n] = {.soft = identity.limits[n].soft, .hard = identity.limits[n].hard};
}

const char* base_name(const char* path) {
  const char* base = path;
  for (const char* p = path; *p != '\0'; ++p)
    if (*p == '/') base = p + 1;
  return base;
}

// The value of PATH, or what execvp(3) takes when there is none.
const char* search_path(std::span<const char* const> environment) {
  for (const char* entry : environment)
    if (std::string_view(entry).starts_with("PATH=")) return entry + 5;
  return "/bin:/usr/bin";
}

void explain(StartFailure& failure, const char* reason) { format(failure.reason, sizeof failure.reason, "%s", reason); }

struct Start {
  const ProgramSpec& spec;
  StartFailure& failure;
  fs::Place place;
  sched::Credentials who;
  syscall::ProgramImage image;

  Result<void> open(const char* path);
  Result<void> find_in_path(const char* name, const char* directories);
  Result<void> find();
  Result<Ref<sched::Task>> load();
};

Result<void> Start::open(const char* path) {
  const char* reason = "";
  auto file = syscall::open_program(place, path, fs::kWalkFollow, who, reason);
  explain(failure, reason);
  if (!file.ok()) return file.error();
  image.file = file.take();
  image.path = TRY(String::copy(path));
  return {};
}

// As execvp(3): a name without a slash is looked for in the directories of PATH; one that may not be run does not end
// the search, but is remembered. An empty directory means the working directory.
Result<void> Start::find_in_path(const char* name, const char* directories) {
  Error error = Errno::noent;
  StartFailure found;
  explain(found, "it is in no directory of PATH (--env)");
  for (const char* at = directories;;) {
    const char* end = at;
    while (*end != '\0' && *end != ':') ++end;
    String path;
    TRY(path.append(end == at ? std::string_view(".") : std::string_view(at, static_cast<std::size_t>(end - at))));
    TRY(path.append("/"));
    TRY(path.append(name));
    const Result<void> opened = open(path.c_str());
    if (opened.ok()) return {};
    const Errno code = opened.error().code();
    if (code != Errno::noent && code != Errno::notdir) error = opened.error(), found = failure;
    if (*end == '\0') break;
    at = end + 1;
  }
  failure = found;
  return error;
}

Result<void> Start::find() {
  if (*spec.path != '\0' && !std::string_view(spec.path).contains('/'))
    return find_in_path(spec.path, search_path(spec.environment));
  return open(spec.path);
}

Result<Ref<sched::Task>> Start::load() {
  for (const char* argument : spec.arguments) TRY(image.arguments.append(argument));
  explain(failure, "its interpreter cannot be run");
  TRY(syscall::follow_scripts(image, place, who));
  const arch::VdsoImage vdso = arch::vdso_image();
  exec::LoadRequest request;
  request.arguments = image.arguments.pointers();
  request.environment = spec.environment;
  request.file = image.file;
  request.path = image.path.c_str();
  request.open_interpreter = &syscall::open_interpreter;
  request.vdso = {.data = vdso.data, .data_pages = vdso.data_pages, .code = vdso.code, .code_pages = vdso.code_pages};
  request.seed = random_u64();
  random_bytes(request.random, sizeof request.random);
  request.uid = request.euid = who.uid;
  request.gid = request.egid = who.gid;

  explain(failure, "no memory for the address space");
  failure.setup = true;
  Ref<mm::AddressSpace> space = TRY(mm::AddressSpace::create(request.seed));
  const char* reason = "cannot be loaded";
  failure.setup = false;
  Result<exec::LoadedProgram> loaded = exec::load_program(*space, request, reason);
  explain(failure, reason);
  if (!loaded.ok()) return loaded.error();

  failure.setup = true;
  Ref<RefCounted> filter;
  explain(failure, "the system call filter is not one");
  if (!spec.filter.empty()) filter = TRY(syscall::make_filter(spec.filter));
  explain(failure, "no memory for the process");
  Ref<sched::Process> process = TRY(sched::Process::create(space));
  process->credentials = who;
  if (spec.identity != nullptr) assume_limits(*spec.identity, *process);
  process->on_end = spec.on_end;
  format(process->executable, sizeof process->executable, "%s", image.path.c_str());
  TRY(fs::attach_process(*process, place.root, place.start, spec.streams));
  arch::TrapFrame frame;
  arch::frame_init_user(frame, loaded.value().entry, loaded.value().stack_pointer);
  Ref<sched::Task> task = TRY(sched::Task::create_user(*process, frame, arch::UserState{}, nullptr));
  format(task->name, sizeof task->name, "%s", base_name(image.path.c_str()));
  if (filter) {
    task->seccomp_filters = std::move(filter);
    task->seccomp_mode = syscall::kSeccompFilter;
  }
  return task;
}

}  // namespace

Result<Ref<sched::Task>> make_process(const ProgramSpec& spec, StartFailure& failure) {
  const fs::Place root{fs::root(), fs::root()};
  Result<Ref<fs::Dentry>> walked = fs::walk(root, spec.working_directory, fs::kWalkFollow | fs::kWalkDirectory);
  if (!walked.ok()) {
    failure.setup = true;
    format(failure.reason, sizeof failure.reason, "cannot enter the working directory %s (--cwd)",
           spec.working_directory);
    return walked.error();
  }
  Start start{spec, failure, {fs::root(), walked.take()}, {}, {}};
  if (spec.identity != nullptr) assume_identity(*spec.identity, start.who);
  TRY(start.find());
  return start.load();
}

}  // namespace baryon::init
