// The functions and tables that make up /proc. Internal to procfs.
#pragma once

#include "kernel/fs/procfs/node.hpp"

namespace baryon::fs::proc {

inline constexpr u64 kTicksPerSecond = 100;  // USER_HZ, as AT_CLKTCK says
constexpr u64 ns_to_ticks(u64 ns) { return ns / (1'000'000'000 / kTicksPerSecond); }

// process_state.cpp
Result<void> process_stat(const Subject& subject, String& out);
Result<void> process_comm(const Subject& subject, String& out);
Result<void> set_process_comm(const Subject& subject, std::string_view bytes);
// process_status.cpp
Result<void> process_status(const Subject& subject, String& out);
Result<void> process_limits(const Subject& subject, String& out);
// process_memory.cpp
Result<void> process_maps(const Subject& subject, String& out);
Result<void> process_statm(const Subject& subject, String& out);
Result<void> process_cmdline(const Subject& subject, String& out);
Result<void> process_environ(const Subject& subject, String& out);
Result<void> process_auxv(const Subject& subject, String& out);
// process_figures.cpp
Result<void> process_smaps(const Subject& subject, String& out);
Result<void> process_smaps_rollup(const Subject& subject, String& out);
Result<void> process_io(const Subject& subject, String& out);
Result<void> process_schedstat(const Subject& subject, String& out);
extern const Node kNamespaceNodes[10];  // /proc/<pid>/ns
// process_links.cpp
Result<void> exe_text(const Subject& subject, String& out);
Result<void> cwd_text(const Subject& subject, String& out);
Result<void> root_text(const Subject& subject, String& out);
Result<Ref<Dentry>> exe_follow(const Subject& subject);
Result<Ref<Dentry>> cwd_follow(const Subject& subject);
Result<Ref<Dentry>> root_follow(const Subject& subject);
extern const DynamicNames kDescriptors, kDescriptorInfo;
// mount_files.cpp
Result<void> mounts_text(const Subject& subject, String& out);
Result<void> mount_info(const Subject& subject, String& out);
Result<void> file_systems(const Subject& subject, String& out);
// cpu_files.cpp
Result<void> cpu_info(const Subject& subject, String& out);
Result<void> system_stat(const Subject& subject, String& out);
Result<void> uptime(const Subject& subject, String& out);
Result<void> load_average(const Subject& subject, String& out);
// system_files.cpp
Result<void> memory_info(const Subject& subject, String& out);
Result<void> version(const Subject& subject, String& out);
// system_tables.cpp
Result<void> no_lines(const Subject& subject, String& out);
Result<void> vm_statistics(const Subject& subject, String& out);
Result<void> devices(const Subject& subject, String& out);
Result<void> partitions(const Subject& subject, String& out);
Result<void> interrupts(const Subject& subject, String& out);
Result<void> soft_interrupts(const Subject& subject, String& out);
Result<void> cgroups(const Subject& subject, String& out);
// sysctl.cpp
extern const Node kSysctlNodes[4];  // /proc/sys
// net_files.cpp
extern const Node kNetNodes[8];  // /proc/<pid>/net
// ipc_files.cpp
extern const Node kIpcNodes[3];  // /proc/sysvipc
// process_directory.cpp
extern const DynamicNames kProcesses;  // /proc/<pid>

// The address space's figures, in pages; all zero if there is none (any more).
struct MemoryFigures {
  u64 size = 0, resident = 0, peak_resident = 0, data = 0, stack = 0, text = 0, library = 0, locked = 0;
};
MemoryFigures memory_figures(mm::AddressSpace* space);

// The letter of stat and status ('R', 'S' …) and the word beside it in status. A null task has exited.
struct StateName {
  char letter;
  const char* word;
};
StateName state_name(const Subject& subject, const sched::Task* task);
// A copy of the subject's name; its process's when the thread has exited.
struct TaskName {
  char text[sched::kNameSize];
};
TaskName task_name(const Subject& subject);

// Signals by what the process does with them.
struct SignalSets {
  sched::SignalMask ignored = 0, caught = 0, shared_pending = 0;
  u32 queued = 0;
};
SignalSets signal_sets(sched::Process& process);

// "0-3" or "0,2" (the format of cpuset lists).
Result<void> append_list(u64 mask, String& out);

}  // namespace baryon::fs::proc
