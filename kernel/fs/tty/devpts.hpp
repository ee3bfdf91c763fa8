// The file system devpts: a name for each pair of pseudoterminals whose master is open, and for each
// terminal of the host that a stream is attached to.
#pragma once

#include "kernel/fs/inode.hpp"

namespace baryon::fs {

class NamedTerminal;

Result<Ref<Inode>> mount_devpts();
// The dentry of a terminal, nameless if /dev/pts does not show it, for files that were not opened by path.
Result<Ref<Dentry>> slave_dentry(NamedTerminal& terminal);

}  // namespace baryon::fs
