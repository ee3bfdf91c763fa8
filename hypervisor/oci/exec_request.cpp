#include "hypervisor/oci/exec_request.hpp"

#include <cstring>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/oci/identity.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::oci {

namespace {

constexpr std::uint64_t kMaxId = 0xffff'fffe;

Expected<std::uint32_t> id(std::string_view flag, std::string_view text) {
  const auto number = parse_integer(text, 0, kMaxId);
  if (!number)
    return fail(fmt::format("{}: {} is not a number", flag, host::quoted(text)), "users and groups go by number");
  return static_cast<std::uint32_t>(*number);
}

Expected<void> set_user(const Parsed& flags, User& user) {
  if (flags.has("user")) {
    const std::string text = flags.value("user");
    const std::size_t colon = text.find(':');
    user.uid = BARYON_TRY(id("--user", text.substr(0, colon)));
    if (colon != std::string::npos) user.gid = BARYON_TRY(id("--user", text.substr(colon + 1)));
  }
  const auto groups = flags.values_.find("additional-gids");
  if (groups != flags.values_.end())
    for (const std::string& group : groups->second)
      user.additional_gids.push_back(BARYON_TRY(id("--additional-gids", group)));
  return {};
}

void add_capabilities(const Parsed& flags, Process& process) {
  const auto given = flags.values_.find("cap");
  if (given == flags.values_.end()) return;
  Capabilities sets = process.capabilities.value_or(Capabilities{});
  for (const std::string& name : given->second)
    for (std::vector<std::string>* const set : {&sets.bounding, &sets.effective, &sets.permitted, &sets.ambient})
      set->push_back(name);
  process.capabilities = std::move(sets);
}

}  // namespace

Expected<Process> process_of(const Parsed& flags, const Config& config) {
  if (flags.has("process")) {
    if (flags.arguments.size() > 1) return fail("exec: --process and a command exclude each other");
    const std::string path = flags.value("process");
    const Json document = BARYON_TRY(load_json(path));
    return parse_process(Node(document, path + ":"));
  }
  if (flags.arguments.size() < 2) return fail("exec: no command", "baryon exec ID COMMAND…, or --process FILE");
  Process process = config.process;
  process.args.assign(flags.arguments.begin() + 1, flags.arguments.end());
  if (process.args[0].empty()) return fail("exec: the command is empty");
  if (flags.has("cwd")) process.cwd = flags.value("cwd");
  if (!process.cwd.starts_with('/')) return fail("--cwd: " + host::quoted(process.cwd) + " is not an absolute path");
  const auto variables = flags.values_.find("env");
  if (variables != flags.values_.end())
    process.env.insert(process.env.end(), variables->second.begin(), variables->second.end());
  process.terminal = flags.has("tty");
  process.no_new_privileges |= flags.has("no-new-privs");
  process.console_height = process.console_width = 0;
  BARYON_TRY(set_user(flags, process.user));
  add_capabilities(flags, process);
  return process;
}

Expected<std::vector<std::byte>> exec_request(const Process& process, const std::vector<std::uint64_t>& filter,
                                              std::uint32_t streams) {
  abi::ExecRequest header{};
  std::string strings = process.cwd + '\0';
  for (const std::string& argument : process.args) strings += argument + '\0';
  for (const std::string& variable : process.env) strings += variable + '\0';
  const std::size_t filter_bytes = filter.size() * abi::kFilterInstructionSize;
  const std::size_t size = sizeof header + filter_bytes + strings.size();
  if (size > abi::kMaxExecRequest)
    return fail(fmt::format("exec: arguments and environment take {} KiB, at most {} are possible",
                            strings.size() >> 10, (abi::kMaxExecRequest - sizeof header - filter_bytes) >> 10));
  header.size = static_cast<std::uint32_t>(size);
  header.argument_count = static_cast<std::uint32_t>(process.args.size());
  header.environment_count = static_cast<std::uint32_t>(process.env.size());
  header.filter_count = static_cast<std::uint32_t>(filter.size());
  header.stream_count = streams;
  header.identity = BARYON_TRY(to_identity(process));
  std::vector<std::byte> bytes(size);
  std::memcpy(bytes.data(), &header, sizeof header);
  if (filter_bytes != 0) std::memcpy(bytes.data() + sizeof header, filter.data(), filter_bytes);
  std::memcpy(bytes.data() + sizeof header + filter_bytes, strings.data(), strings.size());
  return bytes;
}

}  // namespace baryon::host::oci
