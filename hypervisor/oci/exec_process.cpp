#include "hypervisor/oci/exec_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hypervisor/jail/namespaces.hpp"
#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/console.hpp"
#include "hypervisor/oci/exec_request.hpp"
#include "hypervisor/oci/exec_socket.hpp"
#include "hypervisor/oci/process_setup.hpp"
#include "hypervisor/sandbox/exec_protocol.hpp"
#include "hypervisor/sandbox/signals.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

// How long a sandbox may take to start a program; its guest may be busy, or hostile.
constexpr int kStartWaitMs = 60'000;

Expected<void> send_request(int socket, const std::vector<std::byte>& request, std::uint32_t streams) {
  const int room = static_cast<int>(2 * request.size());
  if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0)
    static_cast<void>(::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room));
  iovec part{.iov_base = const_cast<std::byte*>(request.data()), .iov_len = request.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * abi::kMaxExecStreams)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * streams);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * streams);
  for (std::uint32_t i = 0; i < streams; ++i) {
    const int descriptor = static_cast<int>(i);
    std::memcpy(CMSG_DATA(header) + i * sizeof descriptor, &descriptor, sizeof descriptor);
  }
  if (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
    return fail_errno("cannot give the request to the sandbox", errno,
                      errno == EBADF ? "standard streams must be open" : "");
  return {};
}

// nullopt: the connection has ended.
std::optional<ExecNotice> receive(int socket) {
  ExecNotice notice{};
  ssize_t got;
  do got = ::recv(socket, &notice, sizeof notice, 0);
  while (got < 0 && errno == EINTR);
  if (got != sizeof notice) return std::nullopt;
  notice.text[sizeof notice.text - 1] = '\0';
  return notice;
}

std::unexpected<Error> start_failure(const ExecNotice& notice, const std::string& program) {
  const char* const described = notice.value < 4096 ? strerrordesc_np(static_cast<int>(notice.value)) : nullptr;
  const std::string why = described != nullptr ? described : "unknown error";
  if (notice.setup != 0) return fail(fmt::format("exec failed: {}: {}", notice.text, why));
  const ExitCode code =
      notice.value == ENOENT || notice.value == ENOTDIR ? ExitCode::not_found : ExitCode::not_executable;
  const std::string_view found = code == ExitCode::not_found ? ": executable file not found in $PATH" : "";
  return fail(fmt::format("exec failed: cannot run {}: {}{}: {}", program, why, found, notice.text), "", code);
}

Expected<void> await_start(int socket, const std::string& program) {
  pollfd waited{.fd = socket, .events = POLLIN, .revents = 0};
  int ready;
  do ready = ::poll(&waited, 1, kStartWaitMs);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) return fail("exec failed: the sandbox does not answer");
  const auto notice = receive(socket);
  if (!notice) return fail("exec failed: the container has ended");
  switch (static_cast<abi::ExecEvent>(notice->event)) {
    case abi::ExecEvent::started: return {};
    case abi::ExecEvent::failed: return start_failure(*notice, program);
    case abi::ExecEvent::ended: break;
  }
  return fail("exec failed: the sandbox said something unexpected");
}

sigset_t passed_on() {
  sigset_t all;
  sigfillset(&all);
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGCHLD, SIGPIPE})
    sigdelset(&all, number);
  return all;
}

// Until the program ends. The value is what a shell makes of its status.
int accompany(int socket, int signals) {
  for (;;) {
    pollfd waited[] = {{.fd = socket, .events = POLLIN, .revents = 0}, {.fd = signals, .events = POLLIN, .revents = 0}};
    if (::poll(waited, 2, -1) < 0) continue;
    signalfd_siginfo info;
    while (::read(signals, &info, sizeof info) == sizeof info) {
      const ExecSignal signal{.number = info.ssi_signo, .from_terminal = is_from_terminal(info) ? 1u : 0u};
      static_cast<void>(::send(socket, &signal, sizeof signal, MSG_NOSIGNAL));
    }
    if ((waited[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    const auto notice = receive(socket);
    if (!notice) return 128 + SIGKILL;  // the sandbox has ended, and everything in it
    if (static_cast<abi::ExecEvent>(notice->event) != abi::ExecEvent::ended) continue;
    const int status = static_cast<int>(notice->value);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

Expected<int> live(const ExecSetup& setup, Channel& channel) {
  if (setup.own_session) ::setsid();
  ::prctl(PR_SET_NAME, "baryon-exec");
  const sigset_t all = passed_on();
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  const UniqueFd signals(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.valid()) return fail_errno("cannot take signals", errno);
  const std::uint32_t streams = 3 + setup.preserve_fds;
  const std::vector<std::byte> request = BARYON_TRY(exec_request(setup.process, setup.filter, streams));
  const UniqueFd socket = BARYON_TRY(connect_to_sandbox(setup.entry));
  BARYON_TRY(join_cgroups(known_cgroups(setup.state)));
  if (!setup.console_socket.empty())
    BARYON_TRY(attach_console(setup.console_socket, setup.process.console_height, setup.process.console_width));
  BARYON_TRY(send_request(socket.get(), request, streams));
  // The sandbox has them now; as long as this process had them too, whoever reads them would not see their end.
  if (!setup.process.terminal)
    for (unsigned n = 0; n < streams; ++n) ::close(static_cast<int>(n));
  // What it does from here on needs no privilege, and what it hears may be a hostile guest's.
  static_cast<void>(jail::drop_capabilities(/*keep_those_for_files=*/false));
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  BARYON_TRY(await_start(socket.get(), setup.process.args[0]));
  if (!channel.send(Message::ready)) return 128 + SIGKILL;  // and the program with it
  channel.close();
  return accompany(socket.get(), signals.get());
}

[[noreturn]] void exec_main(const ExecSetup& setup, Channel channel) {
  default_signals();
  close_others({channel.descriptor()}, 3 + setup.preserve_fds);
  const Expected<int> status = live(setup, channel);
  if (!status) channel.send_failure(status.error());
  ::_exit(status ? *status : static_cast<int>(status.error().code));
}

}  // namespace

Expected<pid_t> start_exec_process(const ExecSetup& setup, Channel channel) {
  // unshare(2) in start_sandbox_process may have been refused; then there is one namespace for all.
  const UniqueFd own(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  const UniqueFd theirs(::open(fmt::format("/proc/{}/ns/pid", setup.state.pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!own.valid() || !theirs.valid() || !is_alive(setup.state))
    return fail("container not running", "container " + setup.state.id + " has ended");
  if (::geteuid() == 0 && ::setns(theirs.get(), CLONE_NEWPID) != 0)
    return fail_errno("cannot enter the container's PID namespace", errno);
  const pid_t child = ::fork();
  const int error = errno;
  if (child == 0) exec_main(setup, std::move(channel));
  if (::geteuid() == 0 && ::setns(own.get(), CLONE_NEWPID) != 0) {
    if (child > 0) ::kill(child, SIGKILL);
    return fail_errno("cannot return to the own PID namespace", errno);
  }
  if (child < 0) return fail_errno("cannot fork a process for the program", error);
  return child;
}

}  // namespace baryon::host::oci
