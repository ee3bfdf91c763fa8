#include "hypervisor/oci/foreground.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace baryon::host::oci {

namespace {

sigset_t passed_on() {
  sigset_t all;
  sigfillset(&all);
  // Of this process's own making, or for its own stopping.
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGCHLD, SIGPIPE, SIGTSTP,
                           SIGTTIN, SIGTTOU, SIGCONT})
    sigdelset(&all, number);
  return all;
}

}  // namespace

void hold_signals() {
  const sigset_t all = passed_on();
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
}

Expected<int> attend(const ContainerState& state) {
  const sigset_t all = passed_on();
  const UniqueFd signals(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, state.pid, 0)));
  if (!signals.valid() || !process.valid()) return fail_errno("cannot watch the sandbox's process", errno);
  for (;;) {
    pollfd waited[] = {{.fd = process.get(), .events = POLLIN, .revents = 0},
                       {.fd = signals.get(), .events = POLLIN, .revents = 0}};
    if (::poll(waited, 2, -1) < 0 && errno != EINTR) return fail_errno("cannot wait for the sandbox's process", errno);
    signalfd_siginfo info;
    while (::read(signals.get(), &info, sizeof info) == sizeof info) {
      // What the terminal sends, the sandbox gets itself: it is in the same process group, or has a terminal of its
      // own.
      const bool from_terminal = info.ssi_code == SI_KERNEL;
      if (!from_terminal || info.ssi_signo == SIGHUP)
        ::syscall(SYS_pidfd_send_signal, process.get(), static_cast<int>(info.ssi_signo), nullptr, 0);
    }
    if ((waited[0].revents & POLLIN) != 0) break;
  }
  int status = 0;
  while (::waitpid(state.pid, &status, 0) < 0)
    if (errno != EINTR) return fail_errno("cannot wait for the sandbox's process", errno);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace baryon::host::oci
