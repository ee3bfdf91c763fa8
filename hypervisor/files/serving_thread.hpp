// Per-thread preparation for creating files on behalf of the guest.
#pragma once

namespace baryon::host {

// Gives the calling thread a umask (and working directory) of its own and sets that umask to 0: the guest kernel has
// applied its program's umask already, and baryon's own files must not lose the user's. Cheap after the first call in
// a thread. False when the host refuses unshare(CLONE_FS); files are then created under the process's umask.
bool prepare_serving_thread() noexcept;

}  // namespace baryon::host
