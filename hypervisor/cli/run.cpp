#include "hypervisor/cli/run.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "hypervisor/cli/arguments.hpp"
#include "hypervisor/cli/commands.hpp"
#include "hypervisor/cli/completion.hpp"
#include "hypervisor/cli/doctor.hpp"
#include "hypervisor/cli/help.hpp"
#include "hypervisor/cli/version.hpp"
#include "hypervisor/config/parse.hpp"
#include "hypervisor/config/toml_config.hpp"
#include "hypervisor/oci/command.hpp"
#include "hypervisor/sandbox/sandbox.hpp"
#include "hypervisor/support/log.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host {

namespace {

using Words = std::span<const std::string_view>;

Expected<int> print(std::string_view text) {
  if (!write_all(1, text)) return fail_errno("cannot write to stdout", errno);
  return 0;
}

// Lines as runc prints them, which engines show and parse.
Expected<int> print_version() { return print("baryon version " + std::string(kVersion) + "\nspec: 1.0.2\n"); }

bool is_help(std::string_view word) { return word == "--help" || word == "-h"; }

std::unexpected<Error> unexpected_argument(std::string_view command, std::string_view word) {
  return fail("baryon " + std::string(command) + " does not take " + quoted(word),
              "see baryon " + std::string(command) + " --help");
}

Expected<int> run_boot(Words words) {
  const BootCommand command = BARYON_TRY(parse_boot_arguments(words));
  if (command.help) return print(BARYON_TRY(command_help("boot")));
  const BootOptions options = BARYON_TRY(boot_options_of(command));
  log::set_level(options.log_level);
  return run_sandbox(options);
}

Expected<int> run_doctor(Words words) {
  bool as_json = false;
  for (const std::string_view word : words) {
    if (is_help(word)) return print(BARYON_TRY(command_help("doctor")));
    if (word != "--json") return unexpected_argument("doctor", word);
    as_json = true;
  }
  const HostProbe probe = probe_host();
  const HostFacts facts = collect_host_facts();
  static_cast<void>(BARYON_TRY(print(as_json ? doctor_json(probe, facts) : doctor_text(probe, facts))));
  return probe.automatic.supported ? 0 : static_cast<int>(ExitCode::own_failure);
}

Expected<int> run_completion(Words words) {
  if (words.empty()) return fail("completion for which shell?", "use baryon completion bash, zsh or fish");
  if (is_help(words[0])) return print(BARYON_TRY(command_help("completion")));
  if (words.size() > 1) return unexpected_argument("completion", words[1]);
  return print(BARYON_TRY(completion_script(words[0])));
}

Expected<int> run_version(Words words) {
  if (words.empty()) return print_version();
  if (is_help(words[0])) return print(BARYON_TRY(command_help("version")));
  return unexpected_argument("version", words[0]);
}

Expected<int> run_help(Words words) {
  if (words.empty() || is_help(words[0])) return print(general_help());
  if (words.size() > 1) return unexpected_argument("help", words[1]);
  return print(BARYON_TRY(command_help(words[0])));
}

}  // namespace

Expected<BootOptions> boot_options_of(const BootCommand& command) {
  std::vector<OptionLayer> layers;
  if (command.config_file) layers.push_back(BARYON_TRY(load_toml_config(*command.config_file)));
  layers.push_back(command.layer);
  return resolve_options(layers, current_host_context());
}

Expected<int> run_command_line(Words words) {
  if (words.empty()) return fail("no command", "see baryon --help");
  if (oci::is_oci_command_line(words)) return oci::run_oci(words, kVersion);
  const std::string_view word = words[0];
  const Words rest = words.subspan(1);
  if (word == "boot") return run_boot(rest);
  if (word == "doctor") return run_doctor(rest);
  if (word == "completion") return run_completion(rest);
  if (word == "version") return run_version(rest);
  if (word == "help") return run_help(rest);
  if (word == "--version" || word == "-V") return print_version();
  if (is_help(word)) return print(general_help());
  if (word.starts_with('-')) {
    const std::string_view name = word.substr(std::min<std::size_t>(2, word.size()));
    if (find_option(name.substr(0, name.find('='))) != nullptr)
      return fail(quoted(word) + " is an option of baryon boot", "put it after boot: baryon boot " + std::string(word));
    return fail("unknown option " + quoted(word), "see baryon --help");
  }
  return unknown_command(word);
}

}  // namespace baryon::host
