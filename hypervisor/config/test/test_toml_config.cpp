#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "hypervisor/config/toml_config.hpp"

using namespace baryon::host;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

Expected<BootOptions> resolved(std::string_view text) {
  auto layer = parse_toml_config(text, "t.toml");
  if (!layer) return std::unexpected(layer.error());
  if (!layer->program) layer->program = "/bin/true";
  return resolve_options(std::span(&*layer, 1), HostContext{.cwd = "/", .term = ""});
}

// The message for `text`, which must be refused.
std::string refusal(std::string_view text) {
  const auto result = resolved(text);
  REQUIRE_FALSE(result);
  return to_message(result.error());
}

}  // namespace

TEST_CASE("an empty file says nothing") {
  const auto layer = parse_toml_config("", "t.toml");
  REQUIRE(layer);
  CHECK(layer->assignments.empty());
  CHECK_FALSE(layer->program);
}

TEST_CASE("every option of the table is settable from the file") {
  for (const OptionSpec& option : option_table()) {
    CAPTURE(option.name);
    std::string value = option.choices.empty() ? "/a" : std::string(option.choices[0]);
    if (option.kind == ValueKind::size) value = "1G";
    if (option.kind == ValueKind::integer) value = "2";
    if (option.name == "bind") value = "/a:/b";
    if (option.name == "env") value = "A=b";
    const std::string text = std::string(option.name) + " = \"" + value + "\"";
    const auto layer = parse_toml_config(text, "t.toml");
    REQUIRE(layer);
    REQUIRE(layer->assignments.size() == 1);
    CHECK(layer->assignments[0].option == &option);
    CHECK(layer->assignments[0].value == value);
    CHECK(resolved(text));
  }
}

TEST_CASE("values have their natural TOML types") {
  const BootOptions options = resolved(R"(
program = "/bin/sort"
args = ["-r", ""]
memory = 8388608
cpus = 2
rewrite = false
bind = ["/a:/b", "/c:/d:rw"]
tmpfs = "/t"
strace = true
[env]
LANG = "C.UTF-8"
EMPTY = ""
)")
                                  .value();
  CHECK(options.program == "/bin/sort");
  CHECK(options.args == std::vector<std::string>{"-r", ""});
  CHECK(options.memory_bytes == 8 * kMiB);
  CHECK(options.cpus == 2);
  CHECK_FALSE(options.rewrite);
  CHECK(options.binds == std::vector{Bind{"/a", "/b", true}, Bind{"/c", "/d", false}});
  CHECK(options.tmpfs == std::vector<std::string>{"/t"});
  CHECK(options.strace.to == StraceOptions::To::standard_error);
  CHECK(options.env.size() == 5);
}

TEST_CASE("strace is off, to stderr, or to a file") {
  CHECK(resolved("strace = false").value().strace.to == StraceOptions::To::off);
  CHECK(resolved("strace = \"f\"").value().strace == StraceOptions{StraceOptions::To::file, "f"});
  CHECK_THAT(refusal("strace = \"\""), Contains("t.toml:1: strace: the file name is empty"));
}

TEST_CASE("an unknown key is refused with its line and the nearest key") {
  CHECK(refusal("cpus = 1\n\nmemroy = \"1G\"\n") ==
        "baryon: error: t.toml:3: unknown key 'memroy' (did you mean 'memory'?)\n");
  CHECK_THAT(refusal("[zzzzzzzz]\n"), Contains("t.toml:1: unknown key 'zzzzzzzz'"));
  CHECK_THAT(refusal("config = \"other.toml\""), Contains("unknown key 'config'"));
  CHECK_THAT(refusal("--memory = \"1G\""), Contains("unknown key '--memory'"));
}

TEST_CASE("a value of the wrong type is refused with its line") {
  const std::string text =
      GENERATE("memory = 1.5", "memory = true", "memory = [1]", "cpus = 1979-05-27", "engine = 1", "engine = true",
               "rewrite = 1", "bind = 3", "bind = [3]", "bind = [[\"/a:/b\"]]", "bind = {a = \"b\"}", "tmpfs = {}",
               "env = 1", "env = {A = 1}", "env = [1]", "strace = 1", "stats = false", "program = 1", "args = \"x\"",
               "args = [1]", "cwd = []", "root = {}");
  CAPTURE(text);
  const std::string message = refusal("\n" + text);
  CHECK_THAT(message, StartsWith("baryon: error: t.toml:2: "));
  CHECK_THAT(message, Contains("wrong type"));
}

TEST_CASE("a value out of range is refused with its line") {
  CHECK_THAT(refusal("\ncpus = 0"), Contains("t.toml:2: cpus: '0' is out of range"));
  CHECK_THAT(refusal("\ncpus = -1"), Contains("t.toml:2: cpus: '-1' is not a whole number"));
  CHECK_THAT(refusal("memory = \"1\""), Contains("t.toml:1: memory: '1' is too little memory"));
  CHECK_THAT(refusal("bind = [\"/a:/b\",\n\"/c:/b\"]"),
             Contains("t.toml:2: bind: the guest path '/b' is mounted twice"));
}

TEST_CASE("syntax errors and duplicate keys are refused with their line") {
  CHECK_THAT(refusal("cpus = 1\ncpus = = 2"), Contains("t.toml:2: "));
  CHECK_THAT(refusal("cpus = 1\ncpus = 2"), Contains("t.toml:2: "));
  CHECK_THAT(refusal("cpus = 1\nprogram = \"unterminated"), Contains("t.toml:2: "));
  CHECK_FALSE(resolved("\xff\xfe"));
  CHECK_THAT(refusal("cpus = 1\n[\x06w"), Contains("t.toml:2: "));
}

TEST_CASE("letters beyond ASCII outside of strings are refused, and kept inside") {
  const std::string letter = GENERATE("\u00a1", "é", "\u018b", "ж", "…", "語", "😀", "\ufeff");
  CAPTURE(letter);
  CHECK_THAT(refusal("cpus = " + letter), StartsWith("baryon: error: t.toml:1: "));
  CHECK_THAT(refusal("cpus" + letter + " = 1"), StartsWith("baryon: error: t.toml:1: "));
  CHECK_THAT(refusal("[" + letter + "]"), StartsWith("baryon: error: t.toml:1: "));
  CHECK_THAT(refusal("cpus = 1" + letter + "2"), StartsWith("baryon: error: t.toml:1: "));
  CHECK(resolved("cwd = \"/" + letter + "\" # " + letter).value().cwd == "/" + letter);
}

TEST_CASE("strings with NUL bytes are refused") {
  CHECK_THAT(refusal("program = \"a\\u0000b\""), Contains("NUL"));
  CHECK_THAT(refusal("program = \"a\"\nargs = [\"\\u0000\"]"), Contains("t.toml:2: args contains a NUL"));
  CHECK_THAT(refusal("env = {A = \"\\u0000\"}"), Contains("NUL"));
  CHECK_THAT(refusal("cwd = \"/\\u0000\""), Contains("NUL"));
}

TEST_CASE("an environment name with '=' cannot smuggle in another") {
  CHECK_THAT(refusal("env = {\"A=B\" = \"c\"}"), Contains("contains '='"));
}

TEST_CASE("arguments without a program are refused") {
  CHECK_THAT(to_message(parse_toml_config("args = [\"x\"]", "t.toml").error()), Contains("args without program"));
}

TEST_CASE("the file must be a readable regular file of sane size") {
  CHECK_THAT(load_toml_config("/nonexistent/x.toml").error().what, Contains("No such file or directory"));
  CHECK_THAT(load_toml_config("/tmp").error().what, Contains("not a regular file"));
  CHECK_THAT(load_toml_config("/dev/zero").error().what, Contains("not a regular file"));

  char directory[] = "/tmp/baryon-test-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  const std::string fifo = std::string(directory) + "/fifo";
  const std::string file = std::string(directory) + "/file";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THAT(load_toml_config(fifo).error().what, Contains("not a regular file"));  // and does not hang

  std::FILE* const out = std::fopen(file.c_str(), "w");
  REQUIRE(out != nullptr);
  std::fputs("cpus = 2\n", out);
  std::fflush(out);
  const auto layer = load_toml_config(file);
  REQUIRE(layer);
  CHECK(layer->assignments.at(0).where == file + ":1: cpus");
  std::fclose(out);
  REQUIRE(::truncate(file.c_str(), 2 << 20) == 0);
  CHECK_THAT(load_toml_config(file).error().what, Contains("larger than 1 MiB"));
  ::unlink(fifo.c_str());
  ::unlink(file.c_str());
  ::rmdir(directory);
}
