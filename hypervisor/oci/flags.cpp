#include "hypervisor/oci/flags.hpp"

#include <algorithm>
#include <charconv>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/nearest.hpp"

namespace baryon::host::oci {

namespace {

constexpr Flag kGlobal[] = {
    {"root", '\0', "DIR", "where the state of containers is kept (default: /run/baryon)"},
    {"log", '\0', "FILE", "append errors and warnings to FILE, beside stderr"},
    {"log-format", '\0', "FORMAT", "of that file: text (default) or json"},
    {"debug", '\0', "", "say more"},
    {"systemd-cgroup", '\0', "", "refused: control groups are made in cgroupfs"},
    {"rootless", '\0', "VALUE", "accepted for runc's sake; true, false or auto"},
    {"criu", '\0', "PATH", "accepted for runc's sake"},
};

#define BARYON_CREATE_FLAGS                                                               \
  {"bundle", 'b', "DIR", "the bundle: config.json and a root file system (default: .)"},  \
      {"console-socket", '\0', "PATH", "socket that receives the terminal's master"},     \
      {"pid-file", '\0', "FILE", "write the process id of the sandbox there"},            \
      {"no-pivot", '\0', "", "accepted for runc's sake: a sandbox has no root to pivot"}, \
      {"no-new-keyring", '\0', "", "keep the caller's session keyring"},                  \
      {"preserve-fds", '\0', "N", "pass N more descriptors, from 3 on"}

constexpr Flag kCreate[] = {BARYON_CREATE_FLAGS};
constexpr Flag kRun[] = {BARYON_CREATE_FLAGS,
                         {"detach", 'd', "", "return when the program has been started"},
                         {"keep", '\0', "", "do not delete the container when it has ended"},
                         {"no-subreaper", '\0', "", "accepted for runc's sake"}};
#undef BARYON_CREATE_FLAGS
constexpr Flag kKill[] = {{"all", 'a', "", "also other processes of the container, and one that has ended"}};
constexpr Flag kDelete[] = {{"force", 'f', "", "kill it if it runs; no error if it does not exist"}};
constexpr Flag kExec[] = {{"console-socket", '\0', "PATH", "socket that receives the terminal's master"},
                          {"cwd", '\0', "DIR", "working directory"},
                          {"env", 'e', "KEY=VALUE", "set an environment variable"},
                          {"tty", 't', "", "allocate a terminal"},
                          {"user", 'u', "UID[:GID]", "user to run as"},
                          {"additional-gids", 'g', "GID", "additional group"},
                          {"process", 'p', "FILE", "process.json"},
                          {"detach", 'd', "", "return when the program has been started"},
                          {"pid-file", '\0', "FILE", "write the process id there"},
                          {"process-label", '\0', "LABEL", "SELinux label"},
                          {"apparmor", '\0', "PROFILE", "AppArmor profile"},
                          {"no-new-privs", '\0', "", "set no_new_privs"},
                          {"cap", 'c', "CAP", "add a capability"},
                          {"preserve-fds", '\0', "N", "pass N more descriptors"},
                          {"cgroup", '\0', "PATH", "sub-group to run in"},
                          {"ignore-paused", '\0', "", "also in a paused container"}};
constexpr Flag kPs[] = {{"format", 'f', "FORMAT", "table (default) or json"}};
constexpr Flag kList[] = {{"format", 'f', "FORMAT", "table (default) or json"}, {"quiet", 'q', "", "ids alone"}};
constexpr Flag kUpdate[] = {{"resources", 'r', "FILE", "JSON with the new limits, - for stdin"},
                            {"blkio-weight", '\0', "N", "weight of block I/O, 10 to 1000"},
                            {"cpu-period", '\0', "µs", "period of the quota"},
                            {"cpu-quota", '\0', "µs", "processor time in a period, -1 for no limit"},
                            {"cpu-share", '\0', "N", "weight against other containers"},
                            {"cpu-rt-period", '\0', "µs", "accepted for runc's sake"},
                            {"cpu-rt-runtime", '\0', "µs", "accepted for runc's sake"},
                            {"cpuset-cpus", '\0', "LIST", "processors, such as 0-3,7"},
                            {"cpuset-mems", '\0', "LIST", "memory nodes"},
                            {"memory", '\0', "BYTES", "limit of memory"},
                            {"memory-reservation", '\0', "BYTES", "soft limit of memory"},
                            {"memory-swap", '\0', "BYTES", "limit of memory and swap, -1 for none"},
                            {"kernel-memory", '\0', "BYTES", "accepted for runc's sake"},
                            {"kernel-memory-tcp", '\0', "BYTES", "accepted for runc's sake"},
                            {"pids-limit", '\0', "N", "limit of processes"},
                            {"l3-cache-schema", '\0', "S", "accepted for runc's sake"},
                            {"mem-bw-schema", '\0', "S", "accepted for runc's sake"}};
constexpr Flag kEvents[] = {{"interval", '\0', "DURATION", "between two reports (default: 5s)"},
                            {"stats", '\0', "", "one report"}};
constexpr Flag kSpec[] = {{"bundle", 'b', "DIR", "where to write config.json (default: .)"},
                          {"rootless", '\0', "", "for a user without privilege"}};

constexpr OciCommand kCommands[] = {
    {"create", "[OPTIONS] ID", "make a container from a bundle", kCreate},
    {"start", "ID", "run the program of a created container", {}},
    {"run", "[OPTIONS] ID", "create and start a container, wait for its end, delete it", kRun},
    {"state", "ID", "print the state of a container as JSON", {}},
    {"kill", "[OPTIONS] ID [SIGNAL]", "send a signal (TERM) to a container's first process", kKill, 1, 2},
    {"delete", "[OPTIONS] ID", "remove a container that has ended", kDelete},
    {"exec", "[OPTIONS] ID PROGRAM [ARGS...]", "run another program in a container", kExec, 1, kAnyNumber},
    {"ps", "[OPTIONS] ID [PS OPTIONS]", "show the host's processes of a container", kPs, 1, kAnyNumber},
    {"list", "[OPTIONS]", "list containers", kList, 0, 0},
    {"pause", "ID", "stop a container where it is", {}},
    {"resume", "ID", "let a paused container go on", {}},
    {"update", "[OPTIONS] ID", "change the limits of a container", kUpdate},
    {"events", "[OPTIONS] ID", "print statistics of a container", kEvents},
    {"spec", "[OPTIONS]", "write a starter config.json", kSpec, 0, 0},
    {"features", "", "print what this runtime can do", {}, 0, 0},
};

const Flag* find_flag(std::span<const Flag> flags, std::string_view name) {
  for (const Flag& flag : flags)
    if (flag.name == name || (name.size() == 1 && flag.letter == name[0])) return &flag;
  return nullptr;
}

std::unexpected<Error> unknown_flag(std::string_view word, std::string_view name, std::span<const Flag> flags,
                                    std::string_view command) {
  std::vector<std::string_view> known;
  for (const Flag& flag : flags) known.push_back(flag.name);
  const std::string where = command.empty() ? "baryon --help" : "baryon " + std::string(command) + " --help";
  return fail("unknown option " + host::quoted(word), did_you_mean(name, known, "--", "see " + where));
}

void append_flags(std::string& out, std::span<const Flag> flags) {
  for (const Flag& flag : flags) {
    std::string name = "--" + std::string(flag.name);
    if (flag.letter != '\0') name += std::string(", -") + flag.letter;
    if (!flag.value.empty()) name += " " + std::string(flag.value);
    out += fmt::format("  {:<26} {}\n", name, flag.help);
  }
}

}  // namespace

std::span<const OciCommand> oci_commands() { return kCommands; }
std::span<const Flag> oci_global_flags() { return kGlobal; }

const OciCommand* find_oci_command(std::string_view name) {
  const auto* const found = std::ranges::find(kCommands, name, &OciCommand::name);
  return found == std::end(kCommands) ? nullptr : found;
}

std::string Parsed::value(std::string_view flag, std::string_view otherwise) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? std::string(otherwise) : found->second.back();
}

Expected<std::optional<std::int64_t>> Parsed::number(std::string_view flag) const {
  if (!has(flag)) return std::nullopt;
  const std::string text = value(flag);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail("--" + std::string(flag) + ": " + host::quoted(text) + " is not a whole number");
  return number;
}

Expected<Parsed> parse_flags(std::span<const std::string_view>& words, std::span<const Flag> flags,
                             std::string_view command) {
  Parsed parsed;
  while (!words.empty() && words[0].starts_with('-') && words[0] != "-") {
    const std::string_view word = words[0];
    words = words.subspan(1);
    if (word == "--") break;
    std::string_view name = word.substr(word.starts_with("--") ? 2 : 1);
    std::optional<std::string_view> value;
    if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    if (name == "help" || name == "h") {
      parsed.values_["help"].emplace_back();
      continue;
    }
    const Flag* const flag = find_flag(flags, name);
    if (flag == nullptr) return unknown_flag(word, name, flags, command);
    if (flag->value.empty()) {
      if (value && *value != "true" && *value != "false")
        return fail("--" + std::string(flag->name) + " takes no value");
      if (!value || *value == "true") parsed.values_[std::string(flag->name)].emplace_back();
      continue;
    }
    if (!value) {
      if (words.empty()) return fail("--" + std::string(flag->name) + " needs a value");
      value = words[0];
      words = words.subspan(1);
    }
    parsed.values_[std::string(flag->name)].emplace_back(*value);
  }
  return parsed;
}

std::string help_text(const OciCommand& command) {
  std::string out =
      fmt::format("Usage: baryon [GLOBAL OPTIONS] {} {}\n\n{}.\n", command.name, command.usage, command.help);
  out[out.find("\n\n") + 2] = static_cast<char>(std::toupper(static_cast<unsigned char>(command.help[0])));
  if (!command.flags.empty()) out += "\nOptions:\n";
  append_flags(out, command.flags);
  return out + "\nGlobal options (before the command):\n" + global_help_text();
}

std::string global_help_text() {
  std::string out;
  append_flags(out, kGlobal);
  return out;
}

}  // namespace baryon::host::oci
