#include "hypervisor/oci/command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/create.hpp"
#include "hypervisor/oci/exec.hpp"
#include "hypervisor/oci/file.hpp"
#include "hypervisor/oci/flags.hpp"
#include "hypervisor/oci/foreground.hpp"
#include "hypervisor/oci/lifecycle.hpp"
#include "hypervisor/oci/query.hpp"
#include "hypervisor/oci/templates.hpp"
#include "hypervisor/oci/update.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host::oci {

namespace {

struct Context {
  Store store;
  Parsed flags;
  std::string id;
  std::string_view version;
};

Expected<int> print(std::string_view text) {
  if (!write_all(1, text)) return fail_errno("cannot write to stdout", errno);
  return 0;
}

Expected<int> done(Expected<void> result) {
  if (!result) return std::unexpected(std::move(result).error());
  return 0;
}

Expected<CreateRequest> create_request(const Context& context) {
  const Parsed& flags = context.flags;
  return CreateRequest{.id = context.id,
                       .bundle = flags.value("bundle", "."),
                       .console_socket = flags.value("console-socket"),
                       .pid_file = flags.value("pid-file"),
                       .new_keyring = !flags.has("no-new-keyring"),
                       .preserve_fds = BARYON_TRY(flags.number("preserve-fds")).value_or(0)};
}

Expected<int> create(const Context& context) {
  static_cast<void>(BARYON_TRY(create_container(context.store, BARYON_TRY(create_request(context)))));
  return 0;
}

Expected<int> run(const Context& context) {
  CreateRequest request = BARYON_TRY(create_request(context));
  request.foreground = !context.flags.has("detach");
  if (request.foreground) hold_signals();
  Created created = BARYON_TRY(create_container(context.store, request));
  if (auto opened = open_gate(created.entry, created.state); !opened) {
    static_cast<void>(kill_container(context.store, context.id, 9, true));
    destroy(created.entry, created.state);
    return std::unexpected(std::move(opened).error());
  }
  if (!request.foreground) return 0;
  // Others may now kill, pause or delete it.
  created.entry.unlock();
  const int status = BARYON_TRY(attend(created.state));
  if (!context.flags.has("keep")) {
    // Somebody may have deleted it, and even made another with its name.
    if (auto entry = context.store.lock(context.id))
      if (const auto state = context.store.load(context.id); state && state->pid == created.state.pid)
        destroy(*entry, created.state);
  }
  return status;
}

Expected<int> kill(const Context& context) {
  const auto& arguments = context.flags.arguments;
  const int signal = BARYON_TRY(parse_signal(arguments.size() > 1 ? arguments[1] : "TERM"));
  return done(kill_container(context.store, context.id, signal, context.flags.has("all")));
}

Expected<bool> wants_json(const Parsed& flags) {
  const std::string format = flags.value("format", "table");
  if (format != "table" && format != "json")
    return fail("--format: " + host::quoted(format) + " is neither table nor json");
  return format == "json";
}

Expected<int> ps(const Context& context) {
  std::vector<std::string> options(context.flags.arguments.begin() + 1, context.flags.arguments.end());
  return print(
      BARYON_TRY(describe_processes(context.store, context.id, BARYON_TRY(wants_json(context.flags)), options)));
}

Expected<int> list(const Context& context) {
  const bool json = BARYON_TRY(wants_json(context.flags));
  const ListForm form = context.flags.has("quiet") ? ListForm::ids : json ? ListForm::json : ListForm::table;
  return print(BARYON_TRY(describe_all(context.store, form)));
}

// Go's durations as far as anybody writes them: "5s", "500ms", "1m".
Expected<std::uint64_t> milliseconds(const std::string& text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const std::string unit = text.substr(digits);
  const std::uint64_t factor = unit == "ms"  ? 1
                               : unit == "s" ? 1000
                               : unit == "m" ? 60'000
                               : unit == "h" ? 3'600'000
                                             : 0;
  const auto number = parse_integer(text.substr(0, digits), 1, 1'000'000);
  if (!number || factor == 0)
    return fail("--interval: " + host::quoted(text) + " is not a duration", "use for example 5s or 500ms");
  return *number * factor;
}

Expected<int> events(const Context& context) {
  if (context.flags.has("stats")) return print(BARYON_TRY(describe_stats(context.store, context.id)));
  return done(watch_stats(context.store, context.id, BARYON_TRY(milliseconds(context.flags.value("interval", "5s")))));
}

Expected<int> spec(const Context& context) {
  const std::string path = context.flags.value("bundle", ".") + "/config.json";
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.valid())
    return fail_errno("cannot create " + path, errno, errno == EEXIST ? "remove the one that is there" : "");
  if (!write_all(file.get(), spec_template(context.flags.has("rootless"))))
    return fail_errno("cannot write " + path, errno);
  return 0;
}

Expected<int> dispatch(std::string_view name, const Context& context) {
  if (name == "create") return create(context);
  if (name == "start") return done(start_container(context.store, context.id));
  if (name == "run") return run(context);
  if (name == "state") return print(BARYON_TRY(describe_state(context.store, context.id)));
  if (name == "kill") return kill(context);
  if (name == "delete") return done(delete_container(context.store, context.id, context.flags.has("force")));
  if (name == "exec") return exec_in_container(context.store, context.id, context.flags);
  if (name == "ps") return ps(context);
  if (name == "list") return list(context);
  if (name == "pause") return done(pause_container(context.store, context.id));
  if (name == "resume") return done(resume_container(context.store, context.id));
  if (name == "update") return done(update_container(context.store, context.id, context.flags));
  if (name == "events") return events(context);
  if (name == "spec") return spec(context);
  if (name == "features") return print(features_text(context.version));
  return fail("unknown command " + host::quoted(name));
}

std::string default_root() {
  if (::geteuid() == 0) return "/run/baryon";
  const char* const runtime = ::secure_getenv("XDG_RUNTIME_DIR");
  return runtime != nullptr && *runtime == '/' ? std::string(runtime) + "/baryon"
                                               : fmt::format("/tmp/baryon-{}", ::geteuid());
}

Expected<int> run_words(std::span<const std::string_view> words, const Parsed& globals, std::string_view version) {
  if (globals.has("systemd-cgroup"))
    return fail("--systemd-cgroup: baryon makes control groups in cgroupfs itself",
                "configure the engine so: podman --cgroup-manager=cgroupfs, containerd SystemdCgroup = false");
  if (words.empty()) return fail("no command", "see baryon --help");
  const OciCommand* const command = find_oci_command(words[0]);
  if (command == nullptr) return fail("unknown command " + host::quoted(words[0]), "see baryon --help");
  words = words.subspan(1);
  Parsed flags = BARYON_TRY(parse_flags(words, command->flags, command->name));
  const bool passes_on = command->most == kAnyNumber;
  while (!words.empty()) {
    flags.arguments.emplace_back(words[0]);
    words = words.subspan(1);
    if (passes_on) {
      for (const std::string_view word : words) flags.arguments.emplace_back(word);
      break;
    }
    // runc takes options in front of the id only; we also behind it.
    const Parsed more = BARYON_TRY(parse_flags(words, command->flags, command->name));
    for (const auto& [name, values] : more.values_) flags.values_[name] = values;
  }
  if (flags.has("help")) return print(help_text(*command));
  if (flags.arguments.size() < command->least)
    return fail(fmt::format("{} needs {}", command->name, command->least == 1 ? "a container id" : "more arguments"),
                fmt::format("baryon {} {}", command->name, command->usage));
  if (flags.arguments.size() > command->most)
    return fail(fmt::format("{} does not take {}", command->name, host::quoted(flags.arguments[command->most])),
                fmt::format("baryon {} {}", command->name, command->usage));
  Context context{.store = Store(globals.value("root", default_root())),
                  .flags = flags,
                  .id = flags.arguments.empty() ? "" : flags.arguments[0],
                  .version = version};
  return dispatch(command->name, context);
}

// A line in the form of logrus, which containerd and podman read.
void append_to_log(const Parsed& globals, const Error& error) {
  const std::string path = globals.value("log");
  if (path.empty() || path == "/dev/stderr") return;
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file.valid()) return;
  const std::string text = error.hint.empty() ? error.what : error.what + " (" + error.hint + ")";
  const Json line = {{"level", "error"}, {"msg", text}, {"time", timestamp()}};
  const std::string shown = globals.value("log-format", "text") == "json"
                                ? line.dump(-1, ' ', false, Json::error_handler_t::replace)
                                : fmt::format("time=\"{}\" level=error msg={}", timestamp(),
                                              Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
  static_cast<void>(write_all(file.get(), shown + "\n"));
}

}  // namespace

bool is_oci_command_line(std::span<const std::string_view> words) {
  if (words.empty()) return false;
  if (find_oci_command(words[0]) != nullptr) return true;
  std::string_view name = words[0];
  if (!name.starts_with('-')) return false;
  name.remove_prefix(name.starts_with("--") ? 2 : 1);
  name = name.substr(0, name.find('='));
  return std::ranges::any_of(oci_global_flags(), [&](const Flag& flag) { return flag.name == name; });
}

int run_oci(std::span<const std::string_view> words, std::string_view version) {
  auto globals = parse_flags(words, oci_global_flags(), "");
  if (!globals) {
    report(globals.error());
    return 1;
  }
  if (globals->has("debug")) log::set_level(LogLevel::debug);
  const std::string format = globals->value("log-format", "text");
  const Expected<int> status =
      format == "text" || format == "json"
          ? run_words(words, *globals, version)
          : Expected<int>(fail("--log-format: " + host::quoted(format) + " is neither text nor json"));
  if (status) return *status;
  append_to_log(*globals, status.error());
  report(status.error());
  return 1;
}

}  // namespace baryon::host::oci
