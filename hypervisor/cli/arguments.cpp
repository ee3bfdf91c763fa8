#include "hypervisor/cli/arguments.hpp"

#include <vector>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/support/nearest.hpp"

namespace baryon::host {

namespace {

constexpr CommandLineOption kCommandLineOnly[] = {
    {"config", "FILE", "read options from a TOML file; the command line overrides it"},
    {"help", "", "show this help and exit"},
};

// `--name` or `--name=VALUE`.
struct Word {
  std::string_view name;
  std::optional<std::string_view> value;
};

Word split_option(std::string_view word) {
  word.remove_prefix(2);
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return {word, std::nullopt};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

bool is_known(std::string_view name) {
  for (const CommandLineOption& option : kCommandLineOnly)
    if (option.name == name) return true;
  return find_option(name) != nullptr;
}

std::unexpected<Error> unknown_option(std::string_view word, std::string_view name) {
  std::vector<std::string_view> known;
  for (const OptionSpec& option : option_table()) known.push_back(option.name);
  for (const CommandLineOption& option : kCommandLineOnly) known.push_back(option.name);
  return fail("unknown option " + quoted(word),
              did_you_mean(name, known, "--", "see baryon boot --help; options of PROGRAM go after it"));
}

class Parser {
 public:
  explicit Parser(std::span<const std::string_view> words) : words_(words) {}

  Expected<BootCommand> parse() {
    while (!words_.empty()) {
      const std::string_view word = take();
      if (word == "--") {
        if (!words_.empty()) BARYON_TRY(take_program(take()));
        break;
      }
      if (!word.starts_with('-') || word == "-") {
        BARYON_TRY(take_program(word));
        break;
      }
      if (word == "--help" || word == "-h") {
        command_.help = true;
        break;
      }
      if (!word.starts_with("--")) return unknown_option(word, word.substr(1));
      BARYON_TRY(take_option(word));
    }
    return std::move(command_);
  }

 private:
  std::string_view take() {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  Expected<void> take_program(std::string_view program) {
    if (program.empty()) return fail("the program's name is empty", "name the program to run", ExitCode::not_found);
    command_.layer.program = std::string(program);
    command_.layer.args.assign(words_.begin(), words_.end());
    return {};
  }

  Expected<void> take_option(std::string_view word) {
    const Word option = split_option(word);
    if (option.name == "help") return fail("--help takes no value", "see baryon boot --help");
    if (option.name == "config") {
      if (command_.config_file) return fail("--config: given twice", "keep one of them");
      command_.config_file = BARYON_TRY(take_value(option, "FILE"));
      return {};
    }
    const OptionSpec* const spec = find_option(option.name);
    if (spec == nullptr) return unknown_option("--" + std::string(option.name), option.name);
    std::string value;
    if (spec->arity == Arity::optional_value) {
      if (option.value && option.value->empty())
        return fail("--" + std::string(spec->name) + "= has an empty " + std::string(spec->value),
                    "leave out the '=' to use stderr");
      value = option.value.value_or("");
    } else {
      value = BARYON_TRY(take_value(option, spec->value));
    }
    command_.layer.assignments.push_back({spec, std::move(value), "--" + std::string(spec->name)});
    return {};
  }

  // The value after '=' or, failing that, the next word, verbatim. A next word that is an option of ours is taken for a
  // forgotten value; with '=' even that can be passed.
  Expected<std::string> take_value(const Word& option, std::string_view value_name) {
    if (option.value) return std::string(*option.value);
    const std::string usage = "use --" + std::string(option.name) + " " + std::string(value_name);
    if (words_.empty()) return fail("--" + std::string(option.name) + " needs a value", usage);
    const std::string_view next = words_.front();
    if (next.starts_with("--") && (next == "--" || is_known(split_option(next).name)))
      return fail("--" + std::string(option.name) + " needs a value, but " + quoted(next) + " follows", usage);
    return std::string(take());
  }

  std::span<const std::string_view> words_;
  BootCommand command_;
};

}  // namespace

std::span<const CommandLineOption> command_line_only_options() { return kCommandLineOnly; }

Expected<BootCommand> parse_boot_arguments(std::span<const std::string_view> words) { return Parser(words).parse(); }

}  // namespace baryon::host
