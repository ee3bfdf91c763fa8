#include "hypervisor/oci/create.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/file.hpp"
#include "hypervisor/oci/hooks.hpp"
#include "hypervisor/oci/sandbox_process.hpp"
#include "hypervisor/oci/start_gate.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

Expected<std::string> absolute(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr)
    return fail_errno("cannot find the bundle " + path, errno, "name a directory with config.json (--bundle)");
  return std::string(resolved);
}

// What this version cannot do for a container, said before anything is made.
Expected<void> check_supported(const Config& config, const CreateRequest& request) {
  if (request.preserve_fds < 0 || request.preserve_fds > std::int64_t{abi::kMaxExecStreams} - 3)
    return fail(fmt::format("--preserve-fds: at most {} files can be passed", abi::kMaxExecStreams - 3));
  for (int descriptor = 3; descriptor < 3 + request.preserve_fds; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0)
      return fail(fmt::format("--preserve-fds: there is no descriptor {}", descriptor));
  if (!config.hooks.start_container.empty())
    return fail("config.json: hooks.startContainer: programs cannot be run inside the sandbox before its own",
                "use createContainer, which runs on the host");
  const bool terminal = config.process.terminal;
  if (terminal && request.console_socket.empty() && !request.foreground)
    return fail("config.json: process.terminal is true, but nobody takes the terminal",
                "use --console-socket, or run without --detach");
  if (terminal && request.console_socket.empty() && ::isatty(0) == 0)
    return fail("config.json: process.terminal is true, but stdin is not a terminal", "use --console-socket");
  if (!terminal && !request.console_socket.empty())
    return fail("--console-socket: config.json does not ask for a terminal", "set process.terminal to true");
  return {};
}

// Undoes what has been done so far unless keep() was called.
class Undo {
 public:
  Undo(Entry& entry, ContainerState& state) : entry_(entry), state_(state) {}
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    if (kept_) return;
    if (child > 0) {
      ::kill(child, SIGKILL);
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    remove_cgroups(state_.cgroups);
    entry_.remove();
  }
  void keep() { kept_ = true; }
  pid_t child = 0;

 private:
  Entry& entry_;
  ContainerState& state_;
  bool kept_ = false;
};

std::string hook_state(const ContainerState& state, pid_t pid, Status status) {
  ContainerState with_pid = state;
  with_pid.pid = pid;
  return specified_state(with_pid, status).dump();
}

}  // namespace

Expected<Created> create_container(const Store& store, const CreateRequest& request) {
  BARYON_TRY(check_id(request.id));
  const std::string bundle = BARYON_TRY(absolute(request.bundle));
  const Config config = BARYON_TRY(load_config(bundle));
  BARYON_TRY(check_supported(config, request));
  const Translation translation = BARYON_TRY(translate(config, bundle));
  for (const std::string& note : translation.notes) log::info("{}", note);
  for (const std::string& member : config.not_honoured)
    log::warn("config.json: {} has no effect in a sandbox", host::quoted(member));

  ContainerState state;
  state.id = request.id;
  state.oci_version = config.oci_version;
  state.bundle = bundle;
  state.root_file_system = translation.options.root.host;
  state.created = timestamp();
  state.annotations = config.annotations;
  state.owner_uid = ::geteuid();
  state.hooks = config.hooks;
  std::vector<Cgroup> cgroups;
  // Without privilege there is nothing to be had from cgroupfs, unless it was delegated: runc's --rootless auto.
  if (::geteuid() == 0) cgroups = BARYON_TRY(plan_cgroups(find_hierarchies(), config.cgroups_path, request.id));
  for (const Cgroup& cgroup : cgroups) state.cgroups.push_back(cgroup.directory);

  Entry entry = BARYON_TRY(store.create(request.id));
  Undo undo(entry, state);
  // Before there is anything to clean, so that whoever finds the entry after a crash knows what to clean.
  BARYON_TRY(entry.save(state));
  BARYON_TRY(make_cgroups(cgroups));
  BARYON_TRY(apply_resources(cgroups, config.resources));
  const UniqueFd gate = BARYON_TRY(StartGate::make(entry.file(kExecFifo)));

  auto [ours, theirs] = BARYON_TRY(Channel::make());
  const SandboxSetup setup{
      .config = config,
      .options = translation.options,
      .cgroups = cgroups,
      .console_socket = request.console_socket,
      .state = hook_state(state, 0, Status::creating),
      .bundle = bundle,
      .entry = entry.path(),
      .preserve_fds = static_cast<std::uint32_t>(request.preserve_fds),
      .own_session = !(request.foreground && config.process.terminal && request.console_socket.empty()),
      .new_keyring = request.new_keyring,
      .gate = gate.get()};
  undo.child = BARYON_TRY(start_sandbox_process(setup, std::move(theirs)));

  BARYON_TRY(ours.expect(Message::namespaces));
  const std::string for_hooks = hook_state(state, undo.child, Status::creating);
  BARYON_TRY(run_hooks("prestart", config.hooks.prestart, for_hooks, bundle));
  BARYON_TRY(run_hooks("createRuntime", config.hooks.create_runtime, for_hooks, bundle));
  if (!ours.send(Message::go_on)) return fail("the sandbox's process ended while it was being prepared");
  BARYON_TRY(ours.expect(Message::ready));

  const auto facts = process_facts(undo.child);
  if (!facts) return fail("the sandbox's process ended while it was being prepared");
  state.pid = undo.child;
  state.pid_start = facts->start;
  if (!request.pid_file.empty()) BARYON_TRY(replace_file(request.pid_file, std::to_string(state.pid), 0644));
  BARYON_TRY(entry.save(state));
  if (!ours.send(Message::committed)) return fail("the sandbox's process ended while it was being prepared");
  undo.keep();
  return Created{std::move(state), std::move(entry)};
}

}  // namespace baryon::host::oci
