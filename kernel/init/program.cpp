#include "kernel/init/program.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/shutdown.hpp"
#include "kernel/init/start_process.hpp"
#include "kernel/init/strings.hpp"
#include "kernel/mm/direct_map.hpp"

namespace baryon::init {
namespace {

[[noreturn]] void fail_setup(Error error, const char* message) {
  shut_down(abi::ExitReason::setup_failed, static_cast<i32>(error.code()), message);
}

// Pointers to the strings of a table from number `first` on, in kernel memory for good.
std::span<const char* const> pointers(const abi::StringTable& table, u32 first) {
  const u32 count = table.count > first ? table.count - first : 0;
  auto** list = static_cast<const char**>(heap_allocate((count + 1) * sizeof(char*)));
  if (list == nullptr) fail_setup(Errno::nomem, "no memory for the arguments");
  for (u32 i = 0; i < count; ++i) list[i] = table_string(table, first + i);
  return {list, count};
}

}  // namespace

void start_program(const abi::BootPage& page) {
  ProgramSpec spec;
  spec.path = table_string(page.program, 0);
  spec.arguments = pointers(page.program, 1);
  spec.environment = pointers(page.environment, 0);
  spec.working_directory = page.working_directory;
  spec.identity = &page.identity;
  if (page.filter.count != 0)
    spec.filter = {mm::phys_to<const syscall::bpf::Instruction>(page.filter.gpa), page.filter.count};
  spec.streams = {page.streams, page.stream_count};
  StartFailure failure;
  Result<Ref<sched::Task>> task = make_process(spec, failure);
  if (!task.ok())
    shut_down(failure.setup ? abi::ExitReason::setup_failed : abi::ExitReason::exec_failed,
              static_cast<i32>(task.error().code()), failure.reason);
  task.value()->process->is_init = (page.flags & abi::kBootInit) != 0;
  mm::phys_to<abi::SandboxPage>(page.sandbox)->ready_counter = arch::counter();
  task.value()->start();
}

}  // namespace baryon::init
