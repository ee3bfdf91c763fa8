#include "hypervisor/oci/sandbox_process.hpp"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/oci/console.hpp"
#include "hypervisor/oci/exec_socket.hpp"
#include "hypervisor/oci/file.hpp"
#include "hypervisor/oci/hooks.hpp"
#include "hypervisor/oci/network.hpp"
#include "hypervisor/oci/process_setup.hpp"
#include "hypervisor/oci/start_gate.hpp"
#include "hypervisor/sandbox/sandbox.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

// Whether the process was born in its control group of version 2.
enum class Placement : std::uint8_t { outside, in_unified };

Expected<int> live(const SandboxSetup& setup, Placement placement, Channel& channel) {
  if (setup.own_session) ::setsid();
  ::prctl(PR_SET_NAME, "baryon-sandbox");
  if (setup.new_keyring) static_cast<void>(::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr));
  if (const auto score = setup.config.process.oom_score_adj)
    BARYON_TRY(write_control_file("/proc/self/oom_score_adj", std::to_string(*score)));
  BARYON_TRY(join_cgroups(setup.cgroups, placement == Placement::in_unified ? Join::legacy : Join::all));
  BootOptions options = setup.options;
  options.unprivileged_port_start = BARYON_TRY(enter_network(setup.config));
  if (!channel.send(Message::namespaces)) return 0;
  BARYON_TRY(channel.expect(Message::go_on));

  BARYON_TRY(run_hooks("createContainer", setup.config.hooks.create_container, setup.state, setup.bundle));
  if (!setup.console_socket.empty())
    BARYON_TRY(
        attach_console(setup.console_socket, setup.config.process.console_height, setup.config.process.console_width));
  SandboxExtras extras;
  extras.exec_listener = BARYON_TRY(listen_for_execs(setup.entry));
  for (std::uint32_t n = 0; n < setup.preserve_fds; ++n) extras.more_streams.emplace_back(static_cast<int>(3 + n));
  extras.before_run = [&]() -> Expected<void> {
    if (!channel.send(Message::ready)) return fail("the command that makes the container has ended");
    BARYON_TRY(channel.expect(Message::committed));
    channel.close();
    if (!StartGate::wait(setup.gate)) return fail("the container was never started");
    ::close(setup.gate);
    return {};
  };
  return run_sandbox(options, std::move(extras));
}

[[noreturn]] void sandbox_main(const SandboxSetup& setup, Placement placement, Channel channel) {
  // Until `committed` the command's death is ours as well; the channel shows it where we wait.
  default_signals();
  log::set_level(setup.options.log_level);
  close_others({channel.descriptor(), setup.gate}, 3 + setup.preserve_fds);
  const Expected<int> status = live(setup, placement, channel);
  if (!status) {
    if (channel.descriptor() >= 0) channel.send_failure(status.error());
    else report(status.error());
  }
  ::_exit(status ? *status : static_cast<int>(status.error().code));
}

// fork(2) into a PID namespace of its own and into the control group of version 2. To move a process there later, which
// is the only other way, takes Linux a grace period of RCU: 5 to 15 ms of a start that takes 10. Version 1 has no such
// call, and needs none: "0" in `tasks` moves the caller without one. Negative where the kernel (before 5.7) or a
// privilege is missing. The C library's fork handlers are left out: there is one thread, which holds no lock.
pid_t fork_into_cgroup(const std::vector<Cgroup>& cgroups) {
  const auto group = std::ranges::find(cgroups, true, &Cgroup::unified);
  if (group == cgroups.end()) return -1;
  const UniqueFd directory(::open(group->directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return -1;
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP | CLONE_NEWPID;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(directory.get());
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

}  // namespace

Expected<pid_t> start_sandbox_process(const SandboxSetup& setup, Channel channel) {
  if (const pid_t child = fork_into_cgroup(setup.cgroups); child >= 0) {
    if (child == 0) sandbox_main(setup, Placement::in_unified, std::move(channel));
    return child;
  }
  // unshare(CLONE_NEWPID) is about children: this one is to be in a new namespace, hooks that run later are not.
  const UniqueFd own(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  const bool separate = own.valid() && ::unshare(CLONE_NEWPID) == 0;
  if (!separate) log::debug("no PID namespace for the sandbox: error {}", errno);
  const pid_t child = ::fork();
  const int error = errno;
  if (child == 0) sandbox_main(setup, Placement::outside, std::move(channel));
  if (separate && ::setns(own.get(), CLONE_NEWPID) != 0) {
    if (child > 0) ::kill(child, SIGKILL);
    return fail_errno("cannot return to the own PID namespace", errno);
  }
  if (child < 0) return fail_errno("cannot fork the sandbox's process", error);
  return child;
}

}  // namespace baryon::host::oci
