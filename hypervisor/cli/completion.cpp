#include "hypervisor/cli/completion.hpp"

#include <vector>

#include "hypervisor/cli/arguments.hpp"
#include "hypervisor/cli/commands.hpp"
#include "hypervisor/config/option_table.hpp"
#include "hypervisor/config/parse.hpp"
#include "hypervisor/oci/flags.hpp"
#include "hypervisor/support/nearest.hpp"

namespace baryon::host {

namespace {

// One option of `baryon boot`, from either table.
struct Completed {
  std::string_view name;
  std::string_view value;  // empty: takes none
  std::string_view help;
  ValueKind kind = ValueKind::text;
  Arity arity = Arity::once;
  std::span<const std::string_view> choices;

  bool takes_next_word() const { return !value.empty() && arity != Arity::optional_value; }
};

std::vector<Completed> boot_options() {
  std::vector<Completed> all;
  for (const OptionSpec& option : option_table())
    all.push_back({option.name, option.value, option.help, option.kind, option.arity, option.choices});
  for (const CommandLineOption& option : command_line_only_options())
    all.push_back(
        {.name = option.name, .value = option.value, .help = option.help, .kind = ValueKind::file, .choices = {}});
  return all;
}

std::string joined(std::span<const std::string_view> words, std::string_view separator = " ") {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

std::string command_names() {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);
  for (const oci::OciCommand& command : oci::oci_commands()) names.push_back(command.name);
  return joined(names);
}

std::string flag_words(const oci::OciCommand& command) {
  std::string words;
  for (const oci::Flag& flag : command.flags) words += "--" + std::string(flag.name) + " ";
  return words + "--help";
}

// `text` with each of `special` preceded by a backslash.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.contains(c)) out += '\\';
    out += c;
  }
  return out;
}

// Inside single quotes of a POSIX shell or zsh: ' becomes '\''.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

std::string bash_script() {
  std::string names;
  std::string with_value;
  std::string values;
  std::string oci_cases;
  for (const oci::OciCommand& command : oci::oci_commands())
    oci_cases += "    " + std::string(command.name) + ") COMPREPLY=($(compgen -W '" + flag_words(command) +
                 "' -- \"$cur\")); return ;;\n";
  for (const Completed& option : boot_options()) {
    names += " --" + std::string(option.name);
    if (option.takes_next_word()) with_value += (with_value.empty() ? "--" : "|--") + std::string(option.name);
    const std::string label = "    --" + std::string(option.name) + ") ";
    if (option.kind == ValueKind::choice)
      values += label + "COMPREPLY=($(compgen -W '" + joined(option.choices) + "' -- \"$cur\")) ;;\n";
    else if (option.kind == ValueKind::directory)
      values += label + "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n";
    else if (option.kind == ValueKind::file && !option.value.empty())
      values += label + "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n";
  }
  return R"(# bash completion for baryon
_baryon_value() {
  case $1 in
)" + values +
         R"(  esac
}

_baryon() {
  local cur=${COMP_WORDS[COMP_CWORD]} i=2 option
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ')" +
         command_names() + R"( --help --version' -- "$cur"))
    return
  fi
  case ${COMP_WORDS[1]} in
    doctor) COMPREPLY=($(compgen -W '--json --help' -- "$cur")); return ;;
    completion) COMPREPLY=($(compgen -W ')" +
         joined(kShells) + R"( --help' -- "$cur")); return ;;
    help) COMPREPLY=($(compgen -W ')" +
         command_names() + R"(' -- "$cur")); return ;;
)" + oci_cases +
         R"(    boot) ;;
    *) return ;;
  esac
  # Walk to the word being completed; bash makes `--name=value` three words.
  while ((i < COMP_CWORD)); do
    option=${COMP_WORDS[i]}
    case $option in
      --) break ;;
      --*)
        if [[ ${COMP_WORDS[i + 1]} == = ]]; then
          if ((i + 1 == COMP_CWORD)); then cur=; _baryon_value "$option"; return; fi
          if ((i + 2 == COMP_CWORD)); then _baryon_value "$option"; return; fi
          ((i += 3))
          continue
        fi
        case $option in
          )" +
         with_value + R"()
            if ((i + 1 == COMP_CWORD)); then _baryon_value "$option"; return; fi
            ((i += 2))
            continue ;;
        esac
        ((i += 1)) ;;
      -*) ((i += 1)) ;;
      *) break ;;
    esac
  done
  if ((i == COMP_CWORD)) && [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W ')" +
         names.substr(1) + R"(' -- "$cur"))
  else
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -F _baryon baryon
)";
}

// An argument of zsh's _arguments: '*--bind=[help]:HOST:_files'.
std::string zsh_argument(const Completed& option) {
  std::string spec = option.arity == Arity::repeated ? "*--" : "--";
  spec += option.name;
  // "=" takes the value from the same or the next word, "=-" from the same alone.
  if (!option.value.empty()) spec += option.arity == Arity::optional_value ? "=-" : "=";
  spec += "[" + escaped(option.help, "[]\\:") + "]";
  if (!option.value.empty()) {
    spec += option.arity == Arity::optional_value ? "::" : ":";
    spec += escaped(option.value, ":\\[]") + ":";
    if (option.kind == ValueKind::choice) spec += "(" + joined(option.choices) + ")";
    else if (option.kind == ValueKind::directory) spec += "_files -/";
    else if (option.kind == ValueKind::file) spec += "_files";
    else spec += " ";
  }
  return single_quoted(spec);
}

std::string zsh_script() {
  std::string commands;
  for (const Command& command : kCommands)
    commands += "    " + single_quoted(std::string(command.name) + ":" + escaped(command.help, ":\\")) + "\n";
  std::string oci_cases;
  for (const oci::OciCommand& command : oci::oci_commands()) {
    commands += "    " + single_quoted(std::string(command.name) + ":" + escaped(command.help, ":\\")) + "\n";
    oci_cases += "    " + std::string(command.name) + ") _arguments";
    for (const oci::Flag& flag : command.flags)
      oci_cases += " " + single_quoted("--" + std::string(flag.name) + (flag.value.empty() ? "" : "=") + "[" +
                                       escaped(flag.help, "[]\\:") + "]" +
                                       (flag.value.empty() ? "" : ":" + escaped(flag.value, ":\\[]") + ":_files"));
    oci_cases += " '*:: :_files' ;;\n";
  }
  std::string arguments;
  for (const Completed& option : boot_options()) arguments += "        " + zsh_argument(option) + " \\\n";
  return R"(#compdef baryon
# zsh completion for baryon
_baryon() {
  local -a commands=(
)" + commands +
         R"(  )
  if ((CURRENT == 2)); then
    _describe -t commands command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
    boot)
      # -A '*': options end at PROGRAM.
      _arguments -A '*' \
)" + arguments +
         R"(        '1:PROGRAM:_files' '*:ARGS:_files' ;;
    doctor) _arguments '--json[print it as JSON]' '--help[show help]' ;;
    completion) _arguments '1:shell:()" +
         joined(kShells) + R"()' ;;
    help) _describe -t commands command commands ;;
)" + oci_cases +
         R"(  esac
}
if [[ $funcstack[1] == _baryon ]]; then _baryon "$@"; else compdef _baryon baryon; fi
)";
}

std::string fish_script() {
  const std::string shells = joined(kShells);
  std::string out = "# fish completion for baryon\n";
  for (const Command& command : kCommands)
    out += "complete -c baryon -n __fish_use_subcommand -f -a " + std::string(command.name) + " -d '" +
           escaped(command.help, "'\\") + "'\n";
  for (const oci::OciCommand& command : oci::oci_commands()) {
    out += "complete -c baryon -n __fish_use_subcommand -f -a " + std::string(command.name) + " -d '" +
           escaped(command.help, "'\\") + "'\n";
    for (const oci::Flag& flag : command.flags)
      out += "complete -c baryon -n '__fish_seen_subcommand_from " + std::string(command.name) + "' -l " +
             std::string(flag.name) + (flag.value.empty() ? "" : " -r") + " -d '" + escaped(flag.help, "'\\") + "'\n";
  }
  out +=
      "complete -c baryon -n __fish_use_subcommand -l help -d 'show help'\n"
      "complete -c baryon -n __fish_use_subcommand -l version -d 'print the version'\n"
      "complete -c baryon -n '__fish_seen_subcommand_from doctor' -f -l json -d 'print it as JSON'\n"
      "complete -c baryon -n '__fish_seen_subcommand_from completion' -f -a '" +
      shells + "'\n" + "complete -c baryon -n '__fish_seen_subcommand_from help' -f -a '" + command_names() + "'\n";
  for (const Completed& option : boot_options()) {
    out += "complete -c baryon -n '__fish_seen_subcommand_from boot' -l " + std::string(option.name);
    // -x: needs a value, no files; -r: needs a value, files are offered.
    if (option.kind == ValueKind::choice) out += " -x -a '" + joined(option.choices) + "'";
    else if (option.kind == ValueKind::directory) out += " -x -a '(__fish_complete_directories)'";
    else if (option.takes_next_word()) out += option.kind == ValueKind::file ? " -r" : " -x";
    out += " -d '" + escaped(option.help, "'\\") + "'\n";
  }
  return out;
}

}  // namespace

Expected<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return fail("no completion for the shell " + quoted(shell),
              did_you_mean(shell, kShells, "", "use bash, zsh or fish"));
}

}  // namespace baryon::host
