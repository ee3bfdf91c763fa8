#include "hypervisor/jail/probes.hpp"

#if defined(BARYON_JAIL_PROBES)

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hypervisor/support/format.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host::jail {

namespace {

constexpr int kHighestDescriptor = 64;

std::string_view name_of(Role role) {
  switch (role) {
    case Role::process: return "process";
    case Role::vcpu: return "vcpu";
    case Role::qcall: return "qcall";
    case Role::ticker: return "ticker";
  }
  return "?";
}

// Every descriptor as a place to climb out from: whether `path` below it leads to a file that begins like the host's.
long climb(const char* path, int flags) {
  long best = -1;
  int error = ENOENT;
  for (int base = 0; base <= kHighestDescriptor; ++base) {
    const long opened = ::syscall(SYS_openat, base, path, flags, 0);
    if (opened >= 0) {
      best = opened;
      ::close(static_cast<int>(opened));
    } else if (errno != EBADF && errno != ENOTDIR) {
      error = errno;
    }
  }
  errno = error;
  return best;
}

long read_other_memory() {
  char byte = 0;
  const iovec here{.iov_base = &byte, .iov_len = 1};
  const iovec there{.iov_base = &byte, .iov_len = 1};
  return ::syscall(SYS_process_vm_readv, 1, &here, 1, &there, 1, 0);
}

long executable_memory() {
  return ::syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                 -1
             ? -1
             : 0;
}

long make_executable() {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return -1;
  const long result = ::syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
  const int error = errno;
  ::munmap(page, 4096);
  errno = error;
  return result;
}

long run_program() {
  const char* const words[] = {"/bin/true", nullptr};
  return ::syscall(SYS_execve, words[0], words, words + 1);
}

long set_up_ring() {
  io_uring_params parameters{};
  return ::syscall(SYS_io_uring_setup, 1, &parameters);
}

long load_bpf() {
  bpf_attr attributes{};
  return ::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}

long open_perf() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  return ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

long clone_with(unsigned long flags) {
  const long child = ::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) ::_exit(0);
  return child;
}

struct Probe {
  std::string_view name;
  long (*attempt)();
};

constexpr Probe kProbes[] = {
    {"open-absolute", [] { return ::syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY); }},
    {"open-climbing", [] { return climb("../../../../../../../../../../etc/passwd", O_RDONLY); }},
    {"open-climbing-to-root", [] { return climb("../../../../../../../../../../usr/bin/env", O_RDONLY); }},
    {"open-other-process", [] { return climb("../../1/root/etc/passwd", O_RDONLY); }},
    {"open-sysctl", [] { return climb("../../sys/kernel/core_pattern", O_WRONLY); }},
    {"open-sysrq", [] { return climb("../../sysrq-trigger", O_WRONLY); }},
    {"open-in-new-root", [] { return ::syscall(SYS_openat, AT_FDCWD, "/new", O_WRONLY | O_CREAT, 0600); }},
    {"ptrace", [] { return ::syscall(SYS_ptrace, PTRACE_SEIZE, 1, nullptr, nullptr); }},
    {"process-vm-readv", &read_other_memory},
    {"socket-unix", [] { return ::syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }},
    {"socket-netlink", [] { return ::syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }},
    {"socket-packet", [] { return ::syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0); }},
    {"socket-vsock", [] { return ::syscall(SYS_socket, AF_VSOCK, SOCK_STREAM, 0); }},
    {"socketpair",
     [] {
       int ends[2];
       return ::syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
     }},
    {"mount", [] { return ::syscall(SYS_mount, "none", "/", "tmpfs", 0, nullptr); }},
    {"umount", [] { return ::syscall(SYS_umount2, "/", MNT_DETACH); }},
    {"open-tree", [] { return ::syscall(SYS_open_tree, 0, "", AT_EMPTY_PATH); }},
    {"pivot-root", [] { return ::syscall(SYS_pivot_root, ".", "."); }},
    {"chroot", [] { return ::syscall(SYS_chroot, "/"); }},
    {"load-module", [] { return ::syscall(SYS_finit_module, 0, "", 0); }},
    {"load-module-memory", [] { return ::syscall(SYS_init_module, "", 0, ""); }},
    {"kexec", [] { return ::syscall(SYS_kexec_load, 0, 0, nullptr, 0); }},
    {"reboot", [] { return ::syscall(SYS_reboot, 0, 0, 0, nullptr); }},
    {"kill-process-1", [] { return ::syscall(SYS_kill, 1, 0); }},
    {"kill-everyone", [] { return ::syscall(SYS_kill, -1, 0); }},
    {"tgkill-other", [] { return ::syscall(SYS_tgkill, ::getpid() + 1, ::getpid() + 1, 0); }},
    {"pidfd-open", [] { return ::syscall(SYS_pidfd_open, 1, 0); }},
    {"unshare-user", [] { return ::syscall(SYS_unshare, CLONE_NEWUSER); }},
    {"unshare-network", [] { return ::syscall(SYS_unshare, CLONE_NEWNET); }},
    {"setns", [] { return ::syscall(SYS_setns, 0, 0); }},
    {"fork", [] { return clone_with(SIGCHLD); }},
    {"clone-namespaces", [] { return clone_with(SIGCHLD | CLONE_NEWUSER | CLONE_NEWNS); }},
    {"exec", &run_program},
    {"executable-mmap", &executable_memory},
    {"executable-mprotect", &make_executable},
    {"io-uring-setup", &set_up_ring},
    {"bpf", &load_bpf},
    {"perf", &open_perf},
    {"keyctl", [] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0); }},
    {"open-by-handle", [] { return ::syscall(SYS_open_by_handle_at, 0, nullptr, 0); }},
    {"memfd", [] { return ::syscall(SYS_memfd_create, "x", 0); }},
    {"userfaultfd", [] { return ::syscall(SYS_userfaultfd, 0); }},
    {"setuid", [] { return ::syscall(SYS_setuid, 1000); }},
    {"raise-limits", [] { return ::syscall(SYS_prlimit64, 1, 0, nullptr, nullptr); }},
    {"new-filter", [] { return ::syscall(SYS_seccomp, 0, 0, nullptr); }},
    {"dumpable", [] { return ::syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
};

}  // namespace

void run_probes(Role role) {
  const char* const wanted = ::secure_getenv("BARYON_JAIL_PROBES");
  if (wanted == nullptr || *wanted == '\0') return;
  for (const Probe& probe : kProbes) {
    const long result = probe.attempt();
    const int error = errno;
    const char* const name = strerrorname_np(error);
    write_all(2, result == -1 ? fmt::format("jail-probe: {} {} refused {}\n", name_of(role), probe.name,
                                            name != nullptr ? name : "?")
                              : fmt::format("jail-probe: {} {} ALLOWED\n", name_of(role), probe.name));
  }
}

}  // namespace baryon::host::jail

#else

namespace baryon::host::jail {
void run_probes(Role) {}
}  // namespace baryon::host::jail

#endif
