#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>

#include "hypervisor/cli/commands.hpp"
#include "hypervisor/cli/run.hpp"
#include "hypervisor/cli/test/fake_sandbox.hpp"
#include "hypervisor/oci/flags.hpp"
#include "hypervisor/support/test/captured.hpp"

using namespace baryon::host;
using baryon::host::test::fake_sandbox;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Outcome {
  Expected<int> status = -1;
  std::string output;
};

Outcome run(std::initializer_list<std::string_view> words) {
  Outcome outcome;
  outcome.output =
      test::captured(1, [&] { outcome.status = run_command_line(std::span(words.begin(), words.size())); });
  return outcome;
}

}  // namespace

TEST_CASE("boot hands the options over and the status back") {
  fake_sandbox() = {};
  fake_sandbox().answer = 42;
  const Outcome outcome = run({"boot", "--memory", "1G", "/bin/x", "-a"});
  CHECK(outcome.status == 42);
  CHECK(outcome.output.empty());
  REQUIRE(fake_sandbox().booted);
  CHECK(fake_sandbox().booted->memory_bytes == kGiB);
  CHECK(fake_sandbox().booted->program == "/bin/x");
  CHECK(fake_sandbox().booted->args == std::vector<std::string>{"-a"});
}

TEST_CASE("boot passes the sandbox's error on") {
  fake_sandbox() = {};
  fake_sandbox().answer = fail("'/bin/x' was not found", "", ExitCode::not_found);
  CHECK(run({"boot", "/bin/x"}).status.error().code == ExitCode::not_found);
}

TEST_CASE("nothing boots when the options are wrong") {
  fake_sandbox() = {};
  CHECK_FALSE(run({"boot"}).status);
  CHECK_FALSE(run({"boot", "--memory", "x", "/bin/x"}).status);
  CHECK_FALSE(run({"boot", "--config", "/nonexistent", "/bin/x"}).status);
  CHECK(run({"boot", "--help", "/bin/x"}).status == 0);
  CHECK_FALSE(fake_sandbox().booted);
}

TEST_CASE("the command line overrides the configuration file") {
  char path[] = "/tmp/baryon-test-XXXXXX";
  const int file = ::mkstemp(path);
  REQUIRE(file >= 0);
  const std::string_view text = "program = \"/bin/a\"\nargs = [\"1\"]\ncpus = 2\nmemory = \"1G\"\n";
  REQUIRE(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(file);
  fake_sandbox() = {};
  CHECK(run({"boot", "--config", path}).status == 0);
  CHECK(fake_sandbox().booted.value().program == "/bin/a");
  CHECK(run({"boot", "--cpus", "3", "--config", path, "/bin/b"}).status == 0);
  CHECK(fake_sandbox().booted.value().program == "/bin/b");
  CHECK(fake_sandbox().booted.value().args.empty());
  CHECK(fake_sandbox().booted.value().cpus == 3);
  CHECK(fake_sandbox().booted.value().memory_bytes == kGiB);
  ::unlink(path);
}

TEST_CASE("the version is printed in one form") {
  const std::string version = run({"version"}).output;
  CHECK_THAT(version, StartsWith("baryon version "));
  CHECK_THAT(version, Contains("\nspec: 1."));
  CHECK(run({"--version"}).output == version);
  CHECK(run({"-V"}).output == version);
}

TEST_CASE("every command has help, by either way, and no line is too wide") {
  for (const Command& command : kCommands) {
    CAPTURE(command.name);
    const Outcome by_help = run({"help", command.name});
    CHECK(by_help.status == 0);
    CHECK_THAT(by_help.output, StartsWith("Usage: baryon " + std::string(command.name)));
    if (command.name != "help") CHECK(run({command.name, "--help"}).output == by_help.output);
    CHECK_THAT(run({"--help"}).output, Contains("\n  " + std::string(command.name) + " "));
    std::size_t column = 0;
    for (const char c : by_help.output) {
      column = c == '\n' ? 0 : column + 1;
      REQUIRE(column <= 80);
    }
  }
}

TEST_CASE("every OCI command has help, by either way") {
  for (const oci::OciCommand& command : oci::oci_commands()) {
    CAPTURE(command.name);
    const Outcome by_help = run({"help", command.name});
    CHECK(by_help.status == 0);
    CHECK_THAT(by_help.output, Contains(" " + std::string(command.name)));
    for (const oci::Flag& flag : command.flags) CHECK_THAT(by_help.output, Contains("\n  --" + std::string(flag.name)));
    CHECK(run({command.name, "--help"}).output == by_help.output);
    CHECK_THAT(run({"--help"}).output, Contains("\n  " + std::string(command.name) + " "));
  }
}

TEST_CASE("boot's help shows every option, the exit statuses and examples") {
  const std::string help = run({"boot", "--help"}).output;
  for (const OptionSpec& option : option_table()) CHECK_THAT(help, Contains("\n  --" + std::string(option.name)));
  for (const CommandLineOption& option : command_line_only_options())
    CHECK_THAT(help, Contains("\n  --" + std::string(option.name)));
  for (const char* const part : {"125", "126", "127", "128+n", "Examples:", "--strace[=FILE]"})
    CHECK_THAT(help, Contains(part));
}

TEST_CASE("misspelt commands and misplaced words are explained") {
  CHECK(run({"boto"}).status.error().hint == "did you mean 'baryon boot'?");
  CHECK(run({"help", "dcotor"}).status.error().hint == "did you mean 'baryon doctor'?");
  CHECK(run({"/bin/ls"}).status.error().hint == "to run a program: baryon boot /bin/ls");
  CHECK(run({"--memory=1G", "boot"}).status.error().hint == "put it after boot: baryon boot --memory=1G");
  CHECK(run({"--what"}).status.error().what == "unknown option '--what'");
  CHECK(run({"-"}).status.error().what == "unknown option '-'");
  CHECK(run({""}).status.error().what == "unknown command ''");
  CHECK(run({}).status.error().what == "no command");
  CHECK_FALSE(run({"version", "x"}).status);
  CHECK_FALSE(run({"doctor", "--jsno"}).status);
  CHECK_FALSE(run({"completion"}).status);
  CHECK_FALSE(run({"completion", "bash", "zsh"}).status);
  CHECK(run({"completion", "zhs"}).status.error().hint == "did you mean 'zsh'?");
}

TEST_CASE("a full stdout is an error, not a silent success") {
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  const int saved = ::dup(1);
  ::dup2(full, 1);
  const std::string_view words[] = {"version"};
  const auto status = run_command_line(words);
  ::dup2(saved, 1);
  ::close(saved);
  ::close(full);
  REQUIRE_FALSE(status);
  CHECK_THAT(status.error().what, Contains("No space left"));
}
