// The file system devpts: one name for each pair of pseudoterminals whose master is open.
#pragma once

#include "kernel/fs/inode.hpp"

namespace baryon::fs {

class Pty;

Result<Ref<Inode>> mount_devpts();
// A nameless dentry that shows a pair's slave, for files that were not opened by path.
Result<Ref<Dentry>> slave_dentry(Pty& pty);

}  // namespace baryon::fs
