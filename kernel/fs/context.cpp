#include "kernel/fs/context.hpp"

#include "kernel/sched/current.hpp"

namespace baryon::fs {

FdTable& files_of(sched::Process& process) { return *process.extension<FdTable>(sched::Extension::files); }
FsContext& context_of(sched::Process& process) { return *process.extension<FsContext>(sched::Extension::fs_context); }
FdTable& current_files() { return files_of(sched::current_process()); }
FsContext& current_context() { return context_of(sched::current_process()); }
mm::AddressSpace& current_address_space() { return sched::current_process().space(); }
u64 descriptor_limit() { return sched::current_process().limits[sched::Limit::nofile].soft; }
u32 current_umask() { return sched::current_process().file_mode_mask.load(std::memory_order_relaxed); }

}  // namespace baryon::fs
