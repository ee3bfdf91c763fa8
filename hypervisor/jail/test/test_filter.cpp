#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>

#include "host/audit.hpp"
#include "hypervisor/jail/policy.hpp"

using namespace baryon::host;
using namespace baryon::host::jail;

namespace {

constexpr std::uint32_t kDenied = SECCOMP_RET_ERRNO | EPERM;

std::uint32_t ask(const std::vector<sock_filter>& program, long number, std::array<std::uint64_t, 6> arguments = {}) {
  return evaluate(program, kAuditArchitecture, static_cast<std::uint32_t>(number), arguments);
}

}  // namespace

TEST_CASE("exactly the numbers of the rules are allowed") {
  constexpr std::array<std::uint32_t, 2> kValues = {7, 9};
  const std::vector<Rule> rules = {{.number = 5},
                                   {.number = 3},
                                   {.number = 4},
                                   {.number = 400},
                                   {.number = 0},
                                   {.number = 17, .argument = 2, .values = kValues},
                                   {.number = 18, .argument = 1, .clear = 6, .set = 8},
                                   {.number = 19, .error = ENOSYS}};
  const auto program = compile(rules);
  for (long number = 0; number < 1000; ++number) {
    CAPTURE(number);
    const bool plain = number == 0 || (number >= 3 && number <= 5) || number == 400;
    if (number == 19) CHECK(ask(program, number) == (SECCOMP_RET_ERRNO | ENOSYS));
    else CHECK(ask(program, number) == (plain ? SECCOMP_RET_ALLOW : kDenied));
  }
  for (std::uint64_t value = 0; value < 16; ++value) {
    CAPTURE(value);
    CHECK(ask(program, 17, {0, 0, value}) == (value == 7 || value == 9 ? SECCOMP_RET_ALLOW : kDenied));
    CHECK(ask(program, 18, {0, value}) == ((value & 6) == 0 && (value & 8) != 0 ? SECCOMP_RET_ALLOW : kDenied));
  }
  CHECK(ask(program, 0xffffffff) == kDenied);
  CHECK(ask(program, 0x40000003) == kDenied);  // x32's numbers
}

TEST_CASE("another architecture's calls kill") {
  const std::vector<Rule> rules = {{.number = 1}};
  CHECK(evaluate(compile(rules), kAuditArchitecture ^ 1, 1, {}) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("a number that is named twice follows its first rule") {
  const std::vector<Rule> rules = {{.number = 8, .error = ENOSYS}, {.number = 8}};
  CHECK(ask(compile(rules), 8) == (SECCOMP_RET_ERRNO | ENOSYS));
}

TEST_CASE("programs fit the kernel's limit") {
  for (const Role role : {Role::process, Role::vcpu, Role::qcall, Role::ticker}) {
    const auto program = compile(rules_of(role));
    CHECK(program.size() < BPF_MAXINSNS);
    for (const long number : {SYS_read, SYS_write, SYS_futex, SYS_exit, SYS_exit_group, SYS_munmap})
      CHECK(ask(program, number) == SECCOMP_RET_ALLOW);
    for (const long number : {SYS_execve, SYS_execveat, SYS_ptrace, SYS_mount, SYS_setns, SYS_kill, SYS_bpf,
                              SYS_init_module, SYS_finit_module, SYS_io_uring_setup, SYS_process_vm_writev,
                              SYS_pidfd_getfd, SYS_chroot, SYS_open_by_handle_at, SYS_keyctl, SYS_setuid, SYS_capset})
      CHECK(ask(program, number) == kDenied);
    CHECK(ask(program, SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE}) == SECCOMP_RET_ALLOW);
    CHECK(ask(program, SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC}) == kDenied);
  }
}

TEST_CASE("what a role does not need it cannot do") {
  const auto process = compile(rules_of(Role::process));
  const auto vcpu = compile(rules_of(Role::vcpu));
  const auto qcall = compile(rules_of(Role::qcall));
  const auto ticker = compile(rules_of(Role::ticker));
  CHECK(ask(qcall, SYS_io_uring_enter) == SECCOMP_RET_ALLOW);
  CHECK(ask(vcpu, SYS_io_uring_enter) == kDenied);
  CHECK(ask(ticker, SYS_openat2) == kDenied);
  CHECK(ask(ticker, SYS_ioctl) == kDenied);
  CHECK(ask(process, SYS_seccomp, {SECCOMP_SET_MODE_FILTER}) == SECCOMP_RET_ALLOW);
  CHECK(ask(vcpu, SYS_seccomp, {SECCOMP_SET_MODE_STRICT}) == kDenied);
  CHECK(ask(ticker, SYS_seccomp, {SECCOMP_SET_MODE_FILTER}) == kDenied);
  const std::uint64_t thread =
      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS;
  CHECK(ask(vcpu, SYS_clone, {thread}) == SECCOMP_RET_ALLOW);
  CHECK(ask(vcpu, SYS_clone, {thread | CLONE_NEWUSER}) == kDenied);
  CHECK(ask(vcpu, SYS_clone, {SIGCHLD}) == kDenied);
  CHECK(ask(vcpu, SYS_clone, {0}) == kDenied);
  CHECK(ask(vcpu, SYS_clone3) == (SECCOMP_RET_ERRNO | ENOSYS));
  CHECK(ask(qcall, SYS_socket, {AF_INET, SOCK_STREAM}) == SECCOMP_RET_ALLOW);
  for (const std::uint64_t family : {AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG})
    CHECK(ask(qcall, SYS_socket, {family, SOCK_STREAM}) == kDenied);
  CHECK(ask(vcpu, SYS_tgkill, {static_cast<std::uint64_t>(::getpid())}) == SECCOMP_RET_ALLOW);
  CHECK(ask(vcpu, SYS_tgkill, {static_cast<std::uint64_t>(::getpid()) + 1}) == kDenied);
}
