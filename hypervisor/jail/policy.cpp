// Sources: what the host process does, observed with strace(1) over the test suite and read from the code named in each
// group. Numbers that an architecture does not have are left out by the preprocessor, which is not about the
// architecture but about what <sys/syscall.h> offers.
#include "hypervisor/jail/policy.hpp"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "host/kvm_requests.hpp"

namespace baryon::host::jail {

namespace {

// Of the C library and the C++ runtime: memory, locks, time, the ends of threads.
constexpr long kBasics[] = {
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettid,
    SYS_geteuid,
    SYS_getpid,
    SYS_sched_yield,
    SYS_rt_sigprocmask,
    SYS_rt_sigaction,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_exit,
    SYS_exit_group,
    SYS_getrandom,
    SYS_membarrier,
    SYS_sched_getaffinity,
    SYS_read,
    SYS_write,
    SYS_writev,
    SYS_close,
    SYS_ppoll,
    SYS_fstat,
    SYS_lseek,
#ifdef SYS_poll
    SYS_poll,
#endif
};

// hypervisor/files, hypervisor/streams, hypervisor/qcall: all beneath descriptors that exist when the jail closes.
constexpr long kFiles[] = {
    SYS_openat,     SYS_openat2,         SYS_newfstatat,  SYS_statx,        SYS_fstatfs,
    SYS_getdents64, SYS_readlinkat,
#ifdef SYS_renameat
    SYS_renameat,
#endif
    SYS_mkdirat,    SYS_unlinkat,        SYS_symlinkat,   SYS_linkat,       SYS_renameat2,
    SYS_ftruncate,  SYS_fchmod,          SYS_fchmodat,    SYS_fchown,       SYS_fchownat,
    SYS_utimensat,  SYS_fallocate,       SYS_flock,       SYS_fsync,        SYS_fdatasync,
    SYS_preadv,     SYS_pwritev,         SYS_preadv2,     SYS_pwritev2,     SYS_pread64,
    SYS_pwrite64,   SYS_readv,           SYS_fcntl,       SYS_faccessat,    SYS_faccessat2,
    SYS_fgetxattr,  SYS_fsetxattr,       SYS_flistxattr,  SYS_fremovexattr, SYS_getxattr,
    SYS_setxattr,   SYS_listxattr,       SYS_removexattr, SYS_lgetxattr,    SYS_lsetxattr,
    SYS_llistxattr, SYS_lremovexattr,    SYS_umask,       SYS_dup,          SYS_dup3,
    SYS_mknodat,    SYS_copy_file_range, SYS_sendfile,    SYS_splice,       SYS_sync_file_range,
    SYS_fadvise64,  SYS_pipe2,           SYS_eventfd2,    SYS_syncfs,
};

// Sockets of the sandbox's network namespace; making one is conditional, below.
constexpr long kSockets[] = {
    SYS_bind,       SYS_connect,    SYS_listen,   SYS_accept4,   SYS_getsockname, SYS_getpeername,
    SYS_setsockopt, SYS_getsockopt, SYS_sendto,   SYS_recvfrom,  SYS_sendmsg,     SYS_recvmsg,
    SYS_sendmmsg,   SYS_recvmmsg,   SYS_shutdown, SYS_epoll_ctl, SYS_epoll_pwait,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
};

constexpr long kClients[] = {SYS_newfstatat, SYS_accept4, SYS_recvmsg, SYS_sendto, SYS_getsockopt, SYS_fcntl};

constexpr std::uint32_t kSocketFamilies[] = {AF_INET, AF_INET6};

// unshare(2): CLONE_FS gives a thread an umask of its own (files/serving_thread.cpp), and nothing else.
constexpr std::uint32_t kUnshare[] = {CLONE_FS};

constexpr std::uint32_t kSetFilter[] = {SECCOMP_SET_MODE_FILTER};

constexpr std::uint32_t kPrctl[] = {PR_SET_NAME, PR_SET_TIMERSLACK, PR_SET_VMA, PR_GET_NAME};

// A thread, not a process and not a namespace (pthread_create(3)).
constexpr std::uint32_t kNeverCloned = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                       CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE | CLONE_PARENT | CLONE_VFORK | 0xff;

// streams/terminal.cpp, and what the C library asks of a stream.
constexpr std::uint32_t kTerminal[] = {TCGETS,     TCSETS,   TCSETSW,  TCSETSF, TIOCGWINSZ,
                                       TIOCSWINSZ, TIOCOUTQ, FIONREAD, FIONBIO, SIOCATMARK};

std::vector<std::uint32_t> make_ioctls() {
  std::vector<std::uint32_t> all(std::begin(kTerminal), std::end(kTerminal));
  for (const unsigned long request : kKvmRequests) all.push_back(static_cast<std::uint32_t>(request));
  return all;
}

std::span<const std::uint32_t> ioctls() {
  static const std::vector<std::uint32_t> all = make_ioctls();
  return all;
}

void add(std::vector<Rule>& rules, std::span<const long> numbers) {
  for (const long number : numbers) rules.push_back({.number = number});
}

// Memory that is never executable: with the program's own text this leaves nothing to put code into.
void add_memory(std::vector<Rule>& rules) {
  rules.push_back({.number = SYS_mmap, .argument = 2, .clear = PROT_EXEC});
  rules.push_back({.number = SYS_mprotect, .argument = 2, .clear = PROT_EXEC});
}

std::span<const std::uint32_t> own_process() {
  static const std::uint32_t pid = static_cast<std::uint32_t>(::getpid());
  return {&pid, 1};
}

void add_threads(std::vector<Rule>& rules) {
  // Its flags lie in memory, where no filter can look; the C library then uses clone(2).
  rules.push_back({.number = SYS_clone3, .error = ENOSYS});
  rules.push_back({.number = SYS_clone, .argument = 0, .clear = kNeverCloned, .set = CLONE_THREAD});
}

}  // namespace

std::vector<Rule> rules_of(Role role) {
  std::vector<Rule> rules;
  add(rules, kBasics);
  add_memory(rules);
  rules.push_back({.number = SYS_prctl, .argument = 0, .values = kPrctl});
  // Kicks of this process's own threads.
  rules.push_back({.number = SYS_tgkill, .argument = 0, .values = own_process()});
  if (role == Role::ticker) {
    // sandbox/exec_server.cpp; its sockets are clients' that came in by a listening one.
    add(rules, kClients);
    return rules;
  }
  add_threads(rules);
  // Only to take more away: a thread's own filter. Those that start vCPUs keep this for the threads that they start.
  rules.push_back({.number = SYS_seccomp, .argument = 0, .values = kSetFilter});
  add(rules, kFiles);
  add(rules, kSockets);
  rules.push_back({.number = SYS_socket, .argument = 0, .values = kSocketFamilies});
  rules.push_back({.number = SYS_unshare, .argument = 0, .values = kUnshare});
  rules.push_back({.number = SYS_ioctl, .argument = 1, .values = ioctls()});
  if (role == Role::vcpu) return rules;
  rules.push_back({.number = SYS_io_uring_enter});
  rules.push_back({.number = SYS_io_uring_register});
  return rules;
}

}  // namespace baryon::host::jail
