#include "kernel/init/program.hpp"

#include <span>

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/trap_frame.hpp"
#include "kernel/arch/api/vdso.hpp"
#include "kernel/base/format.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/shutdown.hpp"
#include "kernel/exec/program_loader.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/fs/streams.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/init/file_source.hpp"
#include "kernel/init/strings.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/scheduler.hpp"

namespace baryon::init {
namespace {

[[noreturn]] void fail(Error error, const char* reason) { shut_down(abi::ExitReason::exec_failed, static_cast<i32>(error.code()), reason); }

template <class T>
T must(Result<T> result, const char* what) {
  if (!result.ok()) fail(result.error(), what);
  return result.take();
}
void must(Result<void> result, const char* what) {
  if (!result.ok()) fail(result.error(), what);
}

// Pointers to the strings of a table from number `first` on, in kernel memory for good.
std::span<const char* const> pointers(const abi::StringTable& table, u32 first) {
  const u32 count = table.count > first ? table.count - first : 0;
  auto** list = static_cast<const char**>(heap_allocate((count + 1) * sizeof(char*)));
  if (list == nullptr) fail(Errno::nomem, "no memory for the arguments");
  for (u32 i = 0; i < count; ++i) list[i] = table_string(table, first + i);
  return {list, count};
}

const char* base_name(const char* path) {
  const char* base = path;
  for (const char* p = path; *p != '\0'; ++p)
    if (*p == '/') base = p + 1;
  return base;
}

Ref<exec::ByteSource> open_program(const fs::Place& place, const char* path) {
  Ref<fs::File> file = must(fs::open(place, path, fs::kReadOnly, 0), "cannot open the program");
  abi::FileStat stat{};
  must(file->stat(stat), "cannot examine the program");
  if ((stat.mode & fs::kTypeMask) == fs::kDirectoryType) fail(Errno::acces, "it is a directory");
  if ((stat.mode & fs::kTypeMask) != fs::kRegular) fail(Errno::acces, "it is not a regular file");
  if ((stat.mode & 0111) == 0) fail(Errno::acces, "no execute permission");
  return must(FileSource::create(std::move(file), stat), "no memory for the program's file");
}

}  // namespace

void start_program(const abi::BootPage& page) {
  const char* path = table_string(page.program, 0);
  const fs::Place root_place{fs::root(), fs::root()};
  Ref<fs::Dentry> cwd = must(fs::walk(root_place, page.working_directory, fs::kWalkFollow | fs::kWalkDirectory),
                             "the working directory (--cwd) cannot be entered");
  const fs::Place place{fs::root(), cwd};

  exec::LoadRequest request;
  request.file = open_program(place, path);
  request.path = path;
  request.arguments = pointers(page.program, 1);
  request.environment = pointers(page.environment, 0);
  const arch::VdsoImage vdso = arch::vdso_image();
  request.vdso = {.data = vdso.data, .data_pages = vdso.data_pages, .code = vdso.code, .code_pages = vdso.code_pages};
  request.seed = random_u64();
  random_bytes(request.random, sizeof request.random);

  Ref<mm::AddressSpace> space = must(mm::AddressSpace::create(request.seed), "no memory for the address space");
  const char* reason = "cannot be loaded";
  Result<exec::LoadedProgram> loaded = exec::load_program(*space, request, reason);
  if (!loaded.ok()) fail(loaded.error(), reason);

  Ref<sched::Process> process = must(sched::Process::create(space), "no memory for the process");
  format(process->executable, sizeof process->executable, "%s", path);
  must(fs::attach_process(*process, fs::root(), cwd), "no memory for descriptors");
  arch::TrapFrame frame;
  arch::frame_init_user(frame, loaded.value().entry, loaded.value().stack_pointer);
  Ref<sched::Task> task = must(sched::Task::create_user(*process, frame, arch::UserState{}, nullptr), "no memory for the first thread");
  format(task->name, sizeof task->name, "%s", base_name(path));
  mm::phys_to<abi::SandboxPage>(page.sandbox)->ready_counter = arch::counter();
  task->start();
}

}  // namespace baryon::init
