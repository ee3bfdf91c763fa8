// What opening /proc/<pid>/fd/<n> gives when the descriptor has no place in the tree (standard streams, pipes).
#pragma once

#include "kernel/fs/file.hpp"

namespace baryon::fs::proc {

// A nameless dentry that stands for an open file: stat shows the file, open gives it again.
Result<Ref<Dentry>> dentry_of_file(Ref<File> file);

}  // namespace baryon::fs::proc
