// Calls that are known and refused (table_refused.def).
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {

// Privileges that a container does not have: EPERM, as without the capability.
#define REFUSED(name) \
  Result<u64> sys_##name(SyscallContext&) { return Errno::perm; }
REFUSED(ioperm)
REFUSED(iopl)
REFUSED(vhangup)
REFUSED(acct)
REFUSED(init_module)
REFUSED(delete_module)
REFUSED(finit_module)
REFUSED(kexec_load)
REFUSED(kexec_file_load)
REFUSED(perf_event_open)
REFUSED(fanotify_init)
REFUSED(bpf)
REFUSED(quotactl_fd)
#undef REFUSED

// What this kernel does not have: ENOSYS, which makes programs fall back. io_uring is among them by intent: its
// ring would be a second system call interface, beside tracing, filters and permission checks (gVisor's default too).
// rseq would need the scheduler to restart critical sections; the C libraries do without.
#define ABSENT(name) \
  Result<u64> sys_##name(SyscallContext&) { return Errno::nosys; }
ABSENT(add_key)
ABSENT(request_key)
ABSENT(keyctl)
ABSENT(fanotify_mark)
ABSENT(userfaultfd)
ABSENT(io_uring_setup)
ABSENT(io_uring_enter)
ABSENT(io_uring_register)
ABSENT(open_tree)
ABSENT(move_mount)
ABSENT(fsopen)
ABSENT(fsconfig)
ABSENT(fsmount)
ABSENT(fspick)
ABSENT(mount_setattr)
ABSENT(landlock_create_ruleset)
ABSENT(landlock_add_rule)
ABSENT(landlock_restrict_self)
ABSENT(memfd_secret)
ABSENT(modify_ldt)
ABSENT(io_setup)
ABSENT(io_destroy)
ABSENT(io_getevents)
ABSENT(io_submit)
ABSENT(io_cancel)
ABSENT(remap_file_pages)
ABSENT(mbind)
ABSENT(set_mempolicy)
ABSENT(get_mempolicy)
ABSENT(mq_open)
ABSENT(mq_unlink)
ABSENT(migrate_pages)
ABSENT(move_pages)
ABSENT(io_pgetevents)
ABSENT(rseq)
#undef ABSENT

}  // namespace baryon::syscall
