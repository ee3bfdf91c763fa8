#include "hypervisor/oci/lifecycle.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/hooks.hpp"
#include "hypervisor/oci/start_gate.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

constexpr int kKillWaitMs = 10'000;

constexpr std::pair<std::string_view, int> kSignals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT},     {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"IOT", SIGABRT},      {"BUS", SIGBUS},       {"FPE", SIGFPE},   {"KILL", SIGKILL},
    {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},     {"USR2", SIGUSR2},     {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},
    {"TERM", SIGTERM}, {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD},     {"CLD", SIGCHLD},  {"CONT", SIGCONT},
    {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},     {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},
    {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},     {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
    {"IO", SIGIO},     {"POLL", SIGIO},       {"PWR", SIGPWR},       {"SYS", SIGSYS}};
constexpr int kFirstRealTime = 34;  // as kill(1) and Go count them
constexpr int kLastRealTime = 64;

// A descriptor for exactly the process that the state names, so that nothing happens to another with the same number.
UniqueFd open_process(const ContainerState& state) {
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, state.pid, 0)));
  if (process.valid() && !is_alive(state)) process.reset();
  return process;
}

Expected<void> send(const UniqueFd& process, int signal, const std::string& id) {
  if (::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0) return {};
  if (errno == ESRCH) return fail("container not running", "container " + id + " has ended");
  return fail_errno(fmt::format("cannot send signal {} to container {}", signal, id), errno);
}

bool wait_for_end(const UniqueFd& process) {
  pollfd waited{.fd = process.get(), .events = POLLIN, .revents = 0};
  int ready;
  do ready = ::poll(&waited, 1, kKillWaitMs);
  while (ready < 0 && errno == EINTR);
  return ready == 1;
}

Expected<void> kill_and_wait(const ContainerState& state) {
  const UniqueFd process = open_process(state);
  if (!process.valid()) return {};
  static_cast<void>(send(process, SIGKILL, state.id));
  // A frozen process dies only when it is thawed (version 1).
  if (is_frozen(state)) static_cast<void>(set_frozen(state, false));
  if (!wait_for_end(process)) return fail(fmt::format("container {} does not die of SIGKILL", state.id));
  return {};
}

}  // namespace

Expected<int> parse_signal(std::string_view text) {
  if (const auto number = parse_integer(text, 1, kLastRealTime)) return static_cast<int>(*number);
  std::string_view name = text;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  const auto* const known = std::ranges::find(kSignals, name, &std::pair<std::string_view, int>::first);
  if (known != std::end(kSignals)) return known->second;
  if (name == "RTMIN") return kFirstRealTime;
  if (name == "RTMAX") return kLastRealTime;
  if (name.starts_with("RTMIN+"))
    if (const auto plus = parse_integer(name.substr(6), 0, kLastRealTime - kFirstRealTime))
      return kFirstRealTime + static_cast<int>(*plus);
  if (name.starts_with("RTMAX-"))
    if (const auto minus = parse_integer(name.substr(6), 0, kLastRealTime - kFirstRealTime))
      return kLastRealTime - static_cast<int>(*minus);
  return fail("unknown signal " + host::quoted(text), "use a name such as TERM or SIGKILL, or a number from 1 to 64");
}

Expected<void> open_gate(const Entry& entry, const ContainerState& state) {
  switch (status_of(state, entry.path())) {
    case Status::created: break;
    case Status::stopped: return fail("cannot start a container that has stopped");
    case Status::running: return fail("cannot start an already running container");
    case Status::paused: return fail("cannot start a paused container", "resume it first");
    case Status::creating: return fail("cannot start a container that is being created");
  }
  if (!BARYON_TRY(StartGate::open_gate(entry.file(kExecFifo))))
    return fail("cannot start container " + state.id + ": its sandbox has ended");
  // A failing poststart hook is logged, and the life of the container goes on (runtime.md, "Lifecycle", 10).
  const std::string described = specified_state(state, Status::running).dump();
  if (auto ran = run_hooks("poststart", state.hooks.poststart, described, state.bundle); !ran)
    log::warn("{}", ran.error().what);
  return {};
}

Expected<void> start_container(const Store& store, const std::string& id) {
  const Entry entry = BARYON_TRY(store.lock(id));
  return open_gate(entry, BARYON_TRY(store.load(id)));
}

Expected<void> kill_container(const Store& store, const std::string& id, int signal, bool all) {
  const ContainerState state = BARYON_TRY(store.load(id));
  const UniqueFd process = open_process(state);
  if (!process.valid()) {
    if (!all) return fail("container not running", "container " + id + " has ended");
    for (const pid_t pid : cgroup_processes(state.cgroups)) ::kill(pid, signal);
    return {};
  }
  BARYON_TRY(send(process, signal, id));
  if (all)
    for (const pid_t pid : cgroup_processes(state.cgroups))
      if (pid != state.pid) ::kill(pid, signal);
  if (signal == SIGKILL && is_frozen(state)) BARYON_TRY(set_frozen(state, false));
  return {};
}

void destroy(Entry& entry, const ContainerState& state) {
  remove_cgroups(state.cgroups);
  entry.remove();
  const std::string described = specified_state(state, Status::stopped).dump();
  if (auto ran = run_hooks("poststop", state.hooks.poststop, described, ""); !ran) log::warn("{}", ran.error().what);
}

Expected<void> delete_container(const Store& store, const std::string& id, bool force) {
  BARYON_TRY(check_id(id));
  auto locked = store.lock(id);
  if (!locked) {
    if (force && !store.load(id)) return {};
    return std::unexpected(std::move(locked).error());
  }
  const ContainerState state = BARYON_TRY(store.load(id));
  const Status status = status_of(state, locked->path());
  if (status != Status::stopped && status != Status::created && !force)
    return fail(fmt::format("cannot delete container {} that is not stopped: {}", id, to_string(status)),
                "kill it first, or use --force");
  if (status != Status::stopped) BARYON_TRY(kill_and_wait(state));
  destroy(*locked, state);
  return {};
}

Expected<void> pause_container(const Store& store, const std::string& id) {
  const Entry entry = BARYON_TRY(store.lock(id));
  const ContainerState state = BARYON_TRY(store.load(id));
  const Status status = status_of(state, entry.path());
  if (status != Status::running && status != Status::created)
    return fail(fmt::format("container {} is {}: only one that runs can be paused", id, to_string(status)));
  return set_frozen(state, true);
}

Expected<void> resume_container(const Store& store, const std::string& id) {
  const Entry entry = BARYON_TRY(store.lock(id));
  const ContainerState state = BARYON_TRY(store.load(id));
  if (status_of(state, entry.path()) != Status::paused) return fail("container " + id + " is not paused");
  return set_frozen(state, false);
}

}  // namespace baryon::host::oci
