#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/cli/arguments.hpp"

using namespace baryon::host;
using Catch::Matchers::Contains;
using Strings = std::vector<std::string>;

namespace {

Expected<BootCommand> parsed(std::initializer_list<std::string_view> words) {
  return parse_boot_arguments(std::span(words.begin(), words.size()));
}

Error refused(std::initializer_list<std::string_view> words) {
  const auto command = parsed(words);
  REQUIRE_FALSE(command);
  return command.error();
}

}  // namespace

TEST_CASE("everything after PROGRAM is the program's, byte for byte") {
  const BootCommand command =
      parsed({"--cpus", "2", "/bin/x", "--cpus", "3", "--", "-y", "", "[a,b]", "\"q\"", "--help", "--bogus"}).value();
  CHECK(command.layer.program == "/bin/x");
  CHECK(command.layer.args == Strings{"--cpus", "3", "--", "-y", "", "[a,b]", "\"q\"", "--help", "--bogus"});
  CHECK(command.layer.assignments.size() == 1);
  CHECK_FALSE(command.help);
}

TEST_CASE("after -- even a word with a dash is the program") {
  const BootCommand command = parsed({"--cpus=2", "--", "-x", "--", "a"}).value();
  CHECK(command.layer.program == "-x");
  CHECK(command.layer.args == Strings{"--", "a"});
  CHECK_FALSE(parsed({"--"}).value().layer.program);
}

TEST_CASE("a lone dash is a program's name") { CHECK(parsed({"-"}).value().layer.program == "-"); }

TEST_CASE("values are taken verbatim, from the next word or after the equals sign") {
  const BootCommand command =
      parsed({"--env", "[A=1,B=2]", "--env=", "--env", "", "--env=A=b=c", "--cwd", "-d", "--env", "-x=1", "p"}).value();
  Strings values;
  for (const Assignment& assignment : command.layer.assignments) values.push_back(assignment.value);
  CHECK(values == Strings{"[A=1,B=2]", "", "", "A=b=c", "-d", "-x=1"});
  CHECK(command.layer.assignments[0].where == "--env");
  CHECK(command.layer.program == "p");
}

TEST_CASE("--strace takes a file after an equals sign only") {
  const BootCommand without = parsed({"--strace", "/bin/ls"}).value();
  CHECK(without.layer.assignments.at(0).value.empty());
  CHECK(without.layer.program == "/bin/ls");
  const BootCommand with = parsed({"--strace=false", "/bin/ls"}).value();
  CHECK(with.layer.assignments.at(0).value == "false");
  CHECK_THAT(refused({"--strace=", "p"}).what, Contains("empty FILE"));
}

TEST_CASE("a missing value is refused, also when an option of ours follows") {
  CHECK(refused({"--memory"}).what == "--memory needs a value");
  CHECK(refused({"--memory"}).hint == "use --memory SIZE");
  CHECK(refused({"--memory", "--cpus", "2", "p"}).what == "--memory needs a value, but '--cpus' follows");
  CHECK(refused({"--memory", "--cpus=2", "p"}).what == "--memory needs a value, but '--cpus=2' follows");
  CHECK(refused({"--memory", "--", "p"}).what == "--memory needs a value, but '--' follows");
  CHECK(refused({"--config"}).what == "--config needs a value");
}

TEST_CASE("an unknown option is refused with the nearest one") {
  CHECK(refused({"--memroy", "1G", "p"}).what == "unknown option '--memroy'");
  CHECK(refused({"--memroy", "1G", "p"}).hint == "did you mean '--memory'?");
  CHECK(refused({"--memroy=1G", "p"}).hint == "did you mean '--memory'?");
  CHECK(refused({"--confg", "p"}).hint == "did you mean '--config'?");
  CHECK(refused({"-memory", "1G", "p"}).hint == "did you mean '--memory'?");
  CHECK_THAT(refused({"--zzzzz", "p"}).hint, Contains("--help"));
  CHECK(refused({"-x", "p"}).what == "unknown option '-x'");
  CHECK(refused({"--=3", "p"}).what == "unknown option '--'");
  CHECK(refused({"--mem", "1G"}).code == ExitCode::own_failure);
}

TEST_CASE("an empty program name is not found") { CHECK(refused({"", "x"}).code == ExitCode::not_found); }

TEST_CASE("--config is given once") {
  CHECK(parsed({"--config", "f", "p"}).value().config_file == "f");
  CHECK(parsed({"--config=f"}).value().config_file == "f");
  CHECK(refused({"--config", "f", "--config", "g"}).what == "--config: given twice");
}

TEST_CASE("--help before the program is ours and takes no value") {
  CHECK(parsed({"--help"}).value().help);
  CHECK(parsed({"--cpus", "2", "-h", "p"}).value().help);
  CHECK_FALSE(parsed({"p", "--help"}).value().help);
  CHECK_THAT(refused({"--help=x"}).what, Contains("takes no value"));
}

TEST_CASE("no words at all parse to nothing") {
  const BootCommand command = parsed({}).value();
  CHECK_FALSE(command.layer.program);
  CHECK(command.layer.assignments.empty());
}
