// A new process's file system state.
#pragma once

#include <span>

#include "kernel/fs/dentry.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::fs {

// Gives a process streams of the host as descriptors from 0 on (those that the host has open), a root and a working
// directory.
Result<void> attach_process(sched::Process& process, const Ref<Dentry>& root, const Ref<Dentry>& working_directory,
                            std::span<const u32> handles);

}  // namespace baryon::fs
