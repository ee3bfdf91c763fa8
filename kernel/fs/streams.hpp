// A new process's file system state.
#pragma once

#include "kernel/fs/dentry.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::fs {

// Gives a process the standard streams as descriptors 0, 1, 2 (those that the host has open), a root and a
// working directory.
Result<void> attach_process(sched::Process& process, const Ref<Dentry>& root, const Ref<Dentry>& working_directory);

}  // namespace baryon::fs
