#include "hypervisor/engine/tcg/qemu_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "hypervisor/support/format.hpp"

namespace baryon::host::tcg {

namespace {

constexpr std::size_t kTailBytes = 2048;
constexpr int kExecFailed = 127;

// In the child: only async-signal-safe calls, as the parent may have threads.
[[noreturn]] void become(const char* program, char* const* arguments, const int* inherited, std::size_t count,
                         int errors, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(kExecFailed);  // it died before the line above
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 0);
  ::dup2(null, 1);
  ::dup2(errors, 2);
  for (std::size_t i = 0; i < count; ++i) ::fcntl(inherited[i], F_SETFD, 0);
  ::execv(program, arguments);
  const char* const why = ::strerrordesc_np(errno);
  static_cast<void>(!::write(2, why, std::strlen(why)));
  ::_exit(kExecFailed);
}

}  // namespace

Expected<std::string> find_qemu(const char* name) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    if (directory.empty()) continue;  // the working directory: not a place to run programs from
    std::string candidate = fmt::format("{}/{}", directory, name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(fmt::format("engine tcg needs {}, which is not in PATH", name), std::string_view(name).ends_with("x86_64")
                                                                                  ? "apt-get install qemu-system-x86"
                                                                                  : "apt-get install qemu-system-arm");
}

Expected<QemuProcess> QemuProcess::start(const std::string& program, const std::vector<std::string>& arguments,
                                         const std::vector<int>& inherited) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("cannot create a pipe for QEMU's messages", errno);
  UniqueFd errors(ends[0]);
  const UniqueFd child_errors(ends[1]);
  ::fcntl(child_errors.get(), F_SETFL, 0);  // QEMU's end blocks

  std::vector<char*> argv;
  argv.push_back(const_cast<char*>(program.c_str()));
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("cannot start a process for QEMU", errno);
  if (child == 0) become(program.c_str(), argv.data(), inherited.data(), inherited.size(), child_errors.get(), self);

  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!process.valid()) {
    const int error = errno;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    return fail_errno("cannot watch QEMU's process", error);
  }
  return QemuProcess(program, std::move(process), std::move(errors));
}

QemuProcess::~QemuProcess() {
  if (!process_.valid()) return;
  kill();
  siginfo_t ignored{};
  while (::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &ignored, WEXITED) < 0 && errno == EINTR) {
  }
}

void QemuProcess::kill() noexcept { ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0); }

namespace {

// What is in the pipe, at most its last kTailBytes. QEMU says little, and once it has ended nothing more.
std::string last_words(int errors) {
  std::string tail;
  char buffer[512];
  ssize_t got;
  while ((got = ::read(errors, buffer, sizeof buffer)) > 0) tail.append(buffer, static_cast<std::size_t>(got));
  if (tail.size() > kTailBytes) tail.erase(0, tail.size() - kTailBytes);
  while (!tail.empty() && tail.back() == '\n') tail.pop_back();
  return tail;
}

}  // namespace

std::string QemuProcess::epitaph() const {
  siginfo_t end{};
  std::string text = fmt::format("{} ended", program_);
  if (::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &end, WEXITED | WNOWAIT) == 0)
    text = end.si_code == CLD_EXITED ? fmt::format("{} ended with status {}", program_, int{end.si_status})
                                     : fmt::format("{} was killed by signal {}", program_, int{end.si_status});
  if (const std::string said = last_words(errors_.get()); !said.empty()) text += fmt::format("; it said: {}", said);
  return text;
}

}  // namespace baryon::host::tcg
