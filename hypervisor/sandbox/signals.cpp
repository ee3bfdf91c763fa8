#include "hypervisor/sandbox/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>
#include <vector>

namespace baryon::host {

namespace {

constexpr int kUsual[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM};
// A fault of this process's own ends it although the signal is blocked (signal(7)).
constexpr int kOther[] = {SIGCONT, SIGTSTP, SIGURG, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR,  SIGSTKFLT, SIGABRT, SIGTRAP,
                          SIGBUS,  SIGFPE,  SIGILL, SIGSEGV,   SIGSYS,  SIGXCPU, SIGXFSZ, SIGCHLD,   SIGPIPE};
constexpr int kFirstRealTime = 34;  // below are the C library's own; see nptl(7)

std::vector<int> to_take(SignalSource::Which which) {
  std::vector<int> all(std::begin(kUsual), std::end(kUsual));
  if (which == SignalSource::Which::usual) return all;
  all.insert(all.end(), std::begin(kOther), std::end(kOther));
  // SIGRTMIN + 1 kicks vCPUs (engine/kvm/vcpu.cpp).
  for (int number = kFirstRealTime; number <= SIGRTMAX; ++number)
    if (number != SIGRTMIN + 1) all.push_back(number);
  return all;
}

}  // namespace

bool is_from_terminal(const signalfd_siginfo& info) {
  constexpr unsigned kTerminals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
  return info.ssi_code == SI_KERNEL && std::ranges::find(kTerminals, info.ssi_signo) != std::end(kTerminals);
}

Expected<SignalSource> SignalSource::create(Which which) {
  sigset_t taken;
  ::sigemptyset(&taken);
  for (const int number : to_take(which)) {
    struct sigaction current{};
    ::sigaction(number, nullptr, &current);
    if (current.sa_handler != SIG_IGN || number == SIGWINCH) ::sigaddset(&taken, number);
  }
  sigset_t before;
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &taken, &before); error != 0)
    return fail_errno("cannot block signals", error);
  const int descriptor = ::signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return fail_errno("cannot create a signalfd", error);
  }
  return SignalSource(descriptor, before);
}

SignalSource::SignalSource(SignalSource&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), before_(other.before_) {}

SignalSource::~SignalSource() {
  if (descriptor_ < 0) return;
  // What nobody read is the sandbox's, which is over: unblocking must not kill the process now.
  while (take().number != 0) {
  }
  ::close(descriptor_);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

SignalSource::Taken SignalSource::take() const {
  signalfd_siginfo info;
  do
    if (::read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return {0, false};
  while (info.ssi_signo == SIGCHLD && info.ssi_code > 0);  // about a child of this process
  return {static_cast<int>(info.ssi_signo), is_from_terminal(info)};
}

}  // namespace baryon::host
