#include "hypervisor/oci/exec.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "hypervisor/oci/exec_process.hpp"
#include "hypervisor/oci/exec_request.hpp"
#include "hypervisor/oci/file.hpp"
#include "hypervisor/oci/foreground.hpp"
#include "hypervisor/oci/translate.hpp"
#include "hypervisor/streams/terminal.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

Expected<void> check_running(const ContainerState& state, const std::string& entry, bool ignore_paused) {
  switch (status_of(state, entry)) {
    case Status::running: return {};
    case Status::paused:
      if (ignore_paused) return {};
      return fail("cannot exec in a paused container", "resume it first, or use --ignore-paused");
    case Status::stopped: return fail("cannot exec in a stopped container");
    case Status::created: return fail("cannot exec in a container that has not been started", "start it first");
    case Status::creating: break;
  }
  return fail("cannot exec in a container that is being created");
}

Expected<std::uint32_t> preserved(const Parsed& flags) {
  const std::int64_t count = BARYON_TRY(flags.number("preserve-fds")).value_or(0);
  if (count < 0 || count > std::int64_t{abi::kMaxExecStreams} - 3)
    return fail(fmt::format("--preserve-fds: at most {} files can be passed", abi::kMaxExecStreams - 3));
  for (int descriptor = 3; descriptor < 3 + count; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0)
      return fail(fmt::format("--preserve-fds: there is no descriptor {}", descriptor));
  return static_cast<std::uint32_t>(count);
}

Expected<void> check_flags(const Parsed& flags, const Process& process) {
  for (const char* const flag : {"apparmor", "process-label", "cgroup"})
    if (!flags.value(flag).empty()) return fail(fmt::format("--{}: has no meaning in a sandbox", flag), "leave it out");
  const bool console = flags.has("console-socket");
  if (console && !process.terminal) return fail("--console-socket: no terminal is asked for", "add --tty");
  if (process.terminal && !console && flags.has("detach"))
    return fail("exec: a terminal is asked for, but nobody takes it", "use --console-socket, or leave --detach out");
  if (process.terminal && !console && ::isatty(0) == 0)
    return fail("exec: a terminal is asked for, but stdin is not one", "use --console-socket");
  for (const int stream : {0, 1, 2})
    if (::fcntl(stream, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) < 0)
      return fail_errno("cannot open /dev/null", errno);
  return {};
}

// Kills what has been started unless keep() was called.
struct Child {
  pid_t pid = 0;
  bool kept = false;
  ~Child() {
    if (pid <= 0 || kept) return;
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
};

}  // namespace

Expected<int> exec_in_container(const Store& store, const std::string& id, const Parsed& flags) {
  const ContainerState state = BARYON_TRY(store.load(id));
  const std::string entry = store.path_of(id);
  BARYON_TRY(check_running(state, entry, flags.has("ignore-paused")));
  const std::uint32_t preserve = BARYON_TRY(preserved(flags));
  const Config config = BARYON_TRY(load_config(state.bundle));
  const Process process = BARYON_TRY(process_of(flags, config));
  BARYON_TRY(check_flags(flags, process));
  BootOptions options;
  BARYON_TRY(apply_annotations(config, options));
  std::vector<std::uint64_t> filter;
  if (config.seccomp) filter = BARYON_TRY(compile_seccomp(*config.seccomp, options.arch));

  const bool foreground = !flags.has("detach");
  const std::array streams{0, 1, 2};
  if (foreground) hold_signals();
  if (foreground && process.terminal) remember_terminals(streams);
  auto [ours, theirs] = BARYON_TRY(Channel::make());
  const ExecSetup setup{.state = state,
                        .entry = entry,
                        .process = process,
                        .filter = filter,
                        .console_socket = flags.value("console-socket"),
                        .preserve_fds = preserve,
                        .own_session = !(foreground && process.terminal && !flags.has("console-socket"))};
  Child child{BARYON_TRY(start_exec_process(setup, std::move(theirs)))};
  BARYON_TRY(ours.expect(Message::ready));
  if (flags.has("pid-file")) BARYON_TRY(replace_file(flags.value("pid-file"), std::to_string(child.pid), 0644));
  child.kept = true;
  if (!foreground) return 0;
  ContainerState watched;
  watched.pid = child.pid;
  auto status = attend(watched);
  if (process.terminal) restore_terminals();
  return status;
}

}  // namespace baryon::host::oci
