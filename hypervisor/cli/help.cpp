#include "hypervisor/cli/help.hpp"

#include <vector>

#include "hypervisor/cli/arguments.hpp"
#include "hypervisor/cli/commands.hpp"
#include "hypervisor/config/option_table.hpp"
#include "hypervisor/config/parse.hpp"
#include "hypervisor/oci/flags.hpp"
#include "hypervisor/support/nearest.hpp"

namespace baryon::host {

namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 8;  // of an option's explanation

constexpr std::string_view kExitStatuses = R"(
Exit status:
  125     baryon failed: bad option, no engine, guest panic, out of memory
  126     PROGRAM cannot be executed: not an ELF file, truncated, wrong
          architecture, no permission
  127     PROGRAM was not found
  128+n   signal n ended PROGRAM
  other   PROGRAM's own
)";

constexpr std::string_view kBootIntroduction = R"(Usage: baryon boot [OPTIONS] PROGRAM [ARGS...]

Runs PROGRAM, an unmodified Linux binary, in a fresh sandbox with the standard
streams attached, and exits with its status. Options end at PROGRAM or at `--`;
everything after PROGRAM is passed on unchanged.
)";

constexpr std::string_view kBootExamples = R"(
Examples:
  baryon boot /bin/busybox uname -a
  printf 'b\na\n' | baryon boot /bin/busybox sort
  baryon boot --memory 1G --cpus 2 --bind "$PWD:/work:rw" --cwd /work ./program
  baryon boot --root ./rootfs:rw --tmpfs /tmp --env LANG=C.UTF-8 /bin/sh -c set
  baryon boot --strace=calls.txt --stats stats.json /bin/busybox true
  baryon boot --config sandbox.toml
)";

// Appends `text` broken at blanks, each line indented.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent) {
  std::size_t column = kWidth;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    text = blank == std::string_view::npos ? std::string_view{} : text.substr(blank + 1);
    if (column + 1 + word.size() > kWidth) {
      if (!out.empty() && out.back() != '\n') out += '\n';
      out.append(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

void append_option(std::string& out, const OptionSpec& option) {
  out += "  --";
  out += option.name;
  out += option.arity == Arity::optional_value ? "[=" : " ";
  out += option.value;
  if (option.arity == Arity::optional_value) out += ']';
  if (option.arity == Arity::repeated) out += "  (can be repeated)";
  out += '\n';
  std::string text(option.help);
  // A switch shows its choices as its value already.
  if (option.kind == ValueKind::choice && option.choices[0] != "on") {
    text += "; one of ";
    for (std::size_t i = 0; i < option.choices.size(); ++i) {
      if (i != 0) text += ", ";
      text += option.choices[i];
    }
  }
  append_wrapped(out, text, kIndent);
}

std::string boot_help() {
  std::string out(kBootIntroduction);
  for (const OptionGroup group :
       {OptionGroup::machine, OptionGroup::files, OptionGroup::process, OptionGroup::observation}) {
    out += '\n';
    out += title_of(group);
    out += ":\n";
    for (const OptionSpec& option : option_table())
      if (option.group == group) append_option(out, option);
  }
  out += "\nGeneral:\n";
  for (const CommandLineOption& option : command_line_only_options()) {
    out += "  --";
    out += option.name;
    if (!option.value.empty()) {
      out += ' ';
      out += option.value;
    }
    out += '\n';
    append_wrapped(out, option.help, kIndent);
  }
  out += "\nDefaults are in brackets. Host paths are relative to the working directory.\n";
  out += kExitStatuses;
  out += kBootExamples;
  out += "\nSee baryon(1) for the configuration file.\n";
  return out;
}

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands)
    if (command.name == name) return &command;
  return nullptr;
}

}  // namespace

std::string general_help() {
  std::string out =
      "Usage: baryon COMMAND [ARGS...]\n"
      "\n"
      "Runs unmodified Linux programs in sandboxes: each on a guest kernel of its own,\n"
      "in a virtual machine.\n"
      "\n"
      "Commands:\n";
  for (const Command& command : kCommands) {
    out += "  ";
    out += command.name;
    out.append(12 - command.name.size(), ' ');
    out += command.help;
    out += '\n';
  }
  out += "\nAs an OCI runtime, in place of runc:\n";
  for (const oci::OciCommand& command : oci::oci_commands()) {
    out += "  ";
    out += command.name;
    out.append(12 - command.name.size(), ' ');
    out += command.help;
    out += '\n';
  }
  out +=
      "\n"
      "Options:\n"
      "  --help      show this help and exit\n"
      "  --version   print the version and exit\n"
      "\n"
      "Options of the OCI commands, in front of the command:\n";
  out += oci::global_help_text();
  out +=
      "\n"
      "Examples:\n"
      "  baryon boot /bin/busybox echo hello\n"
      "  baryon doctor\n"
      "  baryon help boot\n";
  return out;
}

Expected<std::string> command_help(std::string_view name) {
  if (name == "boot") return boot_help();
  if (const oci::OciCommand* const oci = oci::find_oci_command(name)) return oci::help_text(*oci);
  const Command* const command = find_command(name);
  if (command == nullptr) return unknown_command(name);
  std::string out = "Usage: baryon ";
  out += command->name;
  if (!command->usage.empty()) {
    out += ' ';
    out += command->usage;
  }
  out += "\n\n";
  append_wrapped(out, command->help, 2);
  if (name == "doctor")
    out +=
        "\n"
        "  --json      print it as JSON, with stable keys\n"
        "  --help      show this help and exit\n"
        "\n"
        "Exit status: 0 when a sandbox can run here, 125 otherwise.\n";
  if (name == "completion")
    out +=
        "\n"
        "  bash:  baryon completion bash > /etc/bash_completion.d/baryon\n"
        "  zsh:   baryon completion zsh > /usr/local/share/zsh/site-functions/_baryon\n"
        "  fish:  baryon completion fish > ~/.config/fish/completions/baryon.fish\n";
  return out;
}

std::unexpected<Error> unknown_command(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);
  for (const oci::OciCommand& command : oci::oci_commands()) names.push_back(command.name);
  std::string otherwise = "see baryon --help";
  if (word.contains('/')) otherwise = "to run a program: baryon boot " + std::string(word);
  return fail("unknown command " + quoted(word), did_you_mean(word, names, "baryon ", otherwise));
}

}  // namespace baryon::host
