#include "hypervisor/config/toml_config.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

#include "hypervisor/config/parse.hpp"
#include "hypervisor/config/toml.hpp"
#include "hypervisor/support/nearest.hpp"

namespace baryon::host {

namespace {

constexpr std::size_t kLongestFile = kMiB;

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  Expected<OptionLayer> read(const toml::table& table) {
    for (const auto& [key, node] : table) BARYON_TRY(read_key(key.str(), key.source().begin.line, node));
    if (args_line_ != 0 && !layer_.program) return fail(at(args_line_) + "args without program", "add program = \"…\"");
    return std::move(layer_);
  }

 private:
  std::string at(toml::source_index line) const { return std::string(source_) + ":" + std::to_string(line) + ": "; }

  std::unexpected<Error> wrong_type(std::string_view key, toml::source_index line, std::string_view wanted) const {
    return fail(at(line) + std::string(key) + " has a value of the wrong type", "use " + std::string(wanted));
  }

  Expected<void> read_key(std::string_view key, toml::source_index line, const toml::node& node) {
    if (key == "program") return read_program(line, node);
    if (key == "args") return read_args(line, node);
    const OptionSpec* const option = find_option(key);
    if (option == nullptr) return unknown_key(key, line);
    switch (option->arity) {
      case Arity::once: return read_once(*option, line, node);
      case Arity::repeated: return read_repeated(*option, line, node);
      case Arity::optional_value: return read_optional(*option, line, node);
    }
    return fail(at(line) + "option table entry without a valid arity");
  }

  std::unexpected<Error> unknown_key(std::string_view key, toml::source_index line) const {
    std::vector<std::string_view> known{"program", "args"};
    for (const OptionSpec& option : option_table()) known.push_back(option.name);
    return fail(at(line) + "unknown key " + quoted(key),
                did_you_mean(key, known, "", "the keys are the options of baryon boot without dashes"));
  }

  void assign(const OptionSpec& option, toml::source_index line, std::string value) {
    layer_.assignments.push_back({&option, std::move(value), at(line) + std::string(option.name)});
  }

  Expected<void> read_once(const OptionSpec& option, toml::source_index line, const toml::node& node) {
    const bool is_switch = option.kind == ValueKind::choice && option.choices[0] == "on";
    const bool is_number = option.kind == ValueKind::size || option.kind == ValueKind::integer;
    if (const auto* const text = node.as_string()) {
      assign(option, line, text->get());
    } else if (const auto* const number = node.as_integer(); number != nullptr && is_number) {
      assign(option, line, std::to_string(number->get()));
    } else if (const auto* const boolean = node.as_boolean(); boolean != nullptr && is_switch) {
      assign(option, line, boolean->get() ? "on" : "off");
    } else {
      return wrong_type(option.name, line,
                        is_switch   ? "true, false, \"on\" or \"off\""
                        : is_number ? "a number or a string"
                                    : "a string");
    }
    return {};
  }

  Expected<void> read_repeated(const OptionSpec& option, toml::source_index line, const toml::node& node) {
    const bool is_environment = option.name == "env";
    if (const auto* const text = node.as_string()) {
      assign(option, line, text->get());
      return {};
    }
    if (const auto* const array = node.as_array()) {
      for (const toml::node& element : *array) {
        const auto* const text = element.as_string();
        if (text == nullptr) return wrong_type(option.name, element.source().begin.line, "an array of strings");
        assign(option, element.source().begin.line, text->get());
      }
      return {};
    }
    const auto* const table = node.as_table();
    if (table == nullptr || !is_environment)
      return wrong_type(option.name, line,
                        is_environment ? "a table of strings or an array of \"KEY=VALUE\"" : "an array of strings");
    for (const auto& [name, element] : *table) {
      const auto* const text = element.as_string();
      const toml::source_index element_line = name.source().begin.line;
      if (text == nullptr) return wrong_type("env." + std::string(name.str()), element_line, "a string");
      if (name.str().contains('='))
        return fail(at(element_line) + "env: the name " + quoted(name.str()) + " contains '='",
                    "write NAME = \"VALUE\"");
      assign(option, element_line, std::string(name.str()) + "=" + text->get());
    }
    return {};
  }

  Expected<void> read_optional(const OptionSpec& option, toml::source_index line, const toml::node& node) {
    if (const auto* const boolean = node.as_boolean()) {
      if (boolean->get()) assign(option, line, "");
      return {};
    }
    const auto* const text = node.as_string();
    if (text == nullptr) return wrong_type(option.name, line, "true, false or a file name");
    if (text->get().empty()) return fail(at(line) + std::string(option.name) + ": the file name is empty", "use true");
    assign(option, line, text->get());
    return {};
  }

  Expected<void> read_program(toml::source_index line, const toml::node& node) {
    const auto* const text = node.as_string();
    if (text == nullptr) return wrong_type("program", line, "a string");
    if (text->get().empty()) return fail(at(line) + "program is empty", "name the program to run");
    if (text->get().contains('\0')) return fail(at(line) + "program contains a NUL byte");
    layer_.program = text->get();
    return {};
  }

  Expected<void> read_args(toml::source_index line, const toml::node& node) {
    const auto* const array = node.as_array();
    if (array == nullptr) return wrong_type("args", line, "an array of strings");
    for (const toml::node& element : *array) {
      const auto* const text = element.as_string();
      const toml::source_index element_line = element.source().begin.line;
      if (text == nullptr) return wrong_type("args", element_line, "an array of strings");
      if (text->get().contains('\0')) return fail(at(element_line) + "args contains a NUL byte");
      layer_.args.push_back(text->get());
    }
    args_line_ = line;
    return {};
  }

  std::string_view source_;
  OptionLayer layer_;
  toml::source_index args_line_ = 0;  // lines count from 1
};

// Closes on every way out of load_toml_config().
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

Expected<OptionLayer> parse_toml_config(std::string_view text, std::string_view source) {
  constexpr std::string_view kForm = "the file must be TOML 1.0";
  try {
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed)
      return fail(std::string(source) + ":" + std::to_string(parsed.error().source().begin.line) + ": " +
                      std::string(parsed.error().description()),
                  std::string(kForm));
    return Reader(source).read(parsed.table());
  } catch (const TomlAssertionFailed&) {
    return fail(std::string(source) + ": malformed", std::string(kForm));
  }
}

Expected<OptionLayer> load_toml_config(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not hang before it can be refused.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.number() < 0)
    return fail_errno("cannot open the configuration file " + quoted(path), errno,
                      "name a file that can be read (--config)");
  struct stat status{};
  if (::fstat(file.number(), &status) != 0)
    return fail_errno("cannot stat the configuration file " + quoted(path), errno);
  if (!S_ISREG(status.st_mode)) return fail("the configuration " + quoted(path) + " is not a regular file");

  std::string text;
  for (;;) {
    char buffer[4096];
    const ssize_t got = ::read(file.number(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read the configuration file " + quoted(path), errno);
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kLongestFile) return fail("the configuration file " + quoted(path) + " is larger than 1 MiB");
  }
  return parse_toml_config(text, path);
}

}  // namespace baryon::host
