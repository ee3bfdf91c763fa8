#include "hypervisor/oci/hooks.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host::oci {

namespace {

constexpr std::size_t kShownOutput = 400;

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (const std::string& string : strings) all.push_back(const_cast<char*>(string.c_str()));
  all.push_back(nullptr);
  return all;
}

// A file in memory that holds `content`: a pipe could block the writer.
Expected<UniqueFd> memory_file(const char* name, std::string_view content) {
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file.valid()) return fail_errno("cannot create a memory file", errno);
  if (!write_all(file.get(), content)) return fail_errno("cannot write a memory file", errno);
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::string tail_of(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  const off_t from = size > static_cast<off_t>(kShownOutput) ? size - static_cast<off_t>(kShownOutput) : 0;
  char buffer[kShownOutput];
  const ssize_t got = ::pread(file, buffer, sizeof buffer, from);
  std::string text(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

[[noreturn]] void execute(const Hook& hook, int input, int output, const std::string& directory) {
  std::vector<std::string> args = hook.args.empty() ? std::vector{hook.path} : hook.args;
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (!directory.empty() && ::chdir(directory.c_str()) != 0) ::_exit(127);
  ::dup2(input, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::close_range(3, ~0u, 0);
  ::execve(hook.path.c_str(), pointers(args).data(), pointers(hook.env).data());
  const std::string why = fmt::format("cannot execute {}: error {}\n", hook.path, errno);
  static_cast<void>(write_all(2, why));
  ::_exit(127);
}

Expected<void> run_hook(const std::string& what, const Hook& hook, const std::string& state,
                        const std::string& directory) {
  const UniqueFd input = BARYON_TRY(memory_file("hook-input", state));
  const UniqueFd output = BARYON_TRY(memory_file("hook-output", ""));
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("cannot start " + what, errno);
  if (child == 0) execute(hook, input.get(), output.get(), directory);

  bool late = false;
  if (hook.timeout_seconds) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    pollfd waited{.fd = process.get(), .events = POLLIN, .revents = 0};
    int ready;
    do ready = ::poll(&waited, 1, *hook.timeout_seconds * 1000);
    while (ready < 0 && errno == EINTR);
    late = process.valid() && ready == 0;
    if (late) ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail_errno("cannot wait for " + what, errno);
  if (late) return fail(fmt::format("{} did not end within {} s", what, *hook.timeout_seconds));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFEXITED(status) ? fmt::format("ended with status {}", WEXITSTATUS(status))
                                            : fmt::format("was killed by signal {}", WTERMSIG(status));
  const std::string said = tail_of(output.get());
  return fail(fmt::format("{} {}{}{}", what, how, said.empty() ? "" : ": ", said));
}

}  // namespace

Expected<void> run_hooks(std::string_view name, const std::vector<Hook>& hooks, const std::string& state,
                         const std::string& directory) {
  for (std::size_t i = 0; i < hooks.size(); ++i)
    BARYON_TRY(run_hook(fmt::format("hook {}[{}] {}", name, i, hooks[i].path), hooks[i], state, directory));
  return {};
}

}  // namespace baryon::host::oci
