#include <unistd.h>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "hypervisor/cli/arguments.hpp"
#include "hypervisor/cli/commands.hpp"
#include "hypervisor/cli/completion.hpp"
#include "hypervisor/oci/flags.hpp"

using namespace baryon::host;
using Catch::Matchers::Contains;

namespace {

std::vector<std::string> all_option_names() {
  std::vector<std::string> names;
  for (const OptionSpec& option : option_table()) names.emplace_back(option.name);
  for (const CommandLineOption& option : command_line_only_options()) names.emplace_back(option.name);
  return names;
}

// `path` from the repository's root, found from this source file or from the working directory upwards.
std::string repository_file(const std::string& path) {
  namespace fs = std::filesystem;
  for (fs::path start : {fs::absolute(__FILE__).parent_path(), fs::current_path()}) {
    for (;; start = start.parent_path()) {
      if (fs::exists(start / path)) {
        std::ifstream in(start / path);
        return {std::istreambuf_iterator<char>(in), {}};
      }
      if (start == start.root_path()) break;
    }
  }
  FAIL("no " << path << " above " << __FILE__ << " or the working directory");
  return {};
}

// What bash offers for the words, the last of which is being completed; one per line.
std::string bash_offers(const std::string& words, int count) {
  char path[] = "/tmp/baryon-test-XXXXXX";
  const int file = ::mkstemp(path);
  REQUIRE(file >= 0);
  const std::string script = completion_script("bash").value() + "compopt() { :; }\nCOMP_WORDS=(" + words +
                             ")\nCOMP_CWORD=" + std::to_string(count - 1) +
                             "\n_baryon\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  REQUIRE(::write(file, script.data(), script.size()) == static_cast<ssize_t>(script.size()));
  ::close(file);
  std::FILE* const bash = ::popen(("bash --norc -u " + std::string(path) + " 2>&1").c_str(), "r");
  REQUIRE(bash != nullptr);
  std::string out;
  std::array<char, 4096> buffer;
  for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), bash)) > 0;) out.append(buffer.data(), got);
  CHECK(::pclose(bash) == 0);
  ::unlink(path);
  return out;
}

}  // namespace

TEST_CASE("every option and command is in every shell's completion") {
  for (const std::string_view shell : kShells) {
    CAPTURE(shell);
    const std::string script = completion_script(shell).value();
    for (const std::string& name : all_option_names()) {
      CAPTURE(name);
      if (shell == "fish") CHECK_THAT(script, Contains("boot' -l " + name + " "));
      else CHECK_THAT(script, Contains("--" + name));
    }
    for (const Command& command : kCommands) CHECK_THAT(script, Contains(std::string(command.name)));
    for (const oci::OciCommand& command : oci::oci_commands()) {
      CAPTURE(command.name);
      CHECK_THAT(script, Contains(std::string(command.name)));
      for (const oci::Flag& flag : command.flags)
        CHECK_THAT(script, Contains((shell == "fish" ? "-l " : "--") + std::string(flag.name)));
    }
    for (const OptionSpec& option : option_table())
      for (const std::string_view choice : option.choices) CHECK_THAT(script, Contains(std::string(choice)));
  }
}

TEST_CASE("every option and command is in the man page") {
  const std::string page = repository_file("man/baryon.1");
  for (const std::string& name : all_option_names()) {
    CAPTURE(name);
    // An entry of its own: ".It Fl -memory Ar SIZE".
    const std::string entry = "\n.It Fl -" + name;
    const std::size_t at = page.find(entry);
    REQUIRE(at != std::string::npos);
    CHECK(std::string_view(" \n").contains(page[at + entry.size()]));
  }
  for (const Command& command : kCommands) CHECK_THAT(page, Contains("\n.It Cm " + std::string(command.name) + "\n"));
  for (const oci::OciCommand& command : oci::oci_commands())
    CHECK_THAT(page, Contains("\n.It Cm " + std::string(command.name) + "\n"));
  for (const OptionSpec& option : option_table())
    for (const std::string_view choice : option.choices) CHECK_THAT(page, Contains(std::string(choice)));
}

TEST_CASE("the man page documents no option that does not exist") {
  const std::string page = repository_file("man/baryon.1");
  const std::vector<std::string> names = all_option_names();
  constexpr std::string_view kEntry = "\n.It Fl -";
  std::size_t entries = 0;
  for (std::size_t at = page.find(kEntry); at != std::string::npos; at = page.find(kEntry, at + 1)) {
    const std::size_t begin = at + kEntry.size();
    const std::string name = page.substr(begin, page.find_first_of(" \n", begin) - begin);
    CAPTURE(name);
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
    ++entries;
  }
  CHECK(entries == names.size());
}

TEST_CASE("bash completes commands, options and choices") {
  CHECK(bash_offers("baryon bo", 2) == "boot\n");
  CHECK(bash_offers("baryon boot --mem", 3) == "--memory\n");
  CHECK(bash_offers("baryon boot --engine k", 4) == "kvm\n");
  CHECK(bash_offers("baryon boot --engine = k", 5) == "kvm\n");
  CHECK(bash_offers("baryon boot --engine =", 4) == "auto\nkvm\ntcg\n");
  CHECK(bash_offers("baryon boot --cpus 2 --rew", 5) == "--rewrite\n");
  CHECK(bash_offers("baryon boot --strace --sta", 4) == "--stats\n");
  CHECK(bash_offers("baryon boot --strace = f --sta", 6) == "--stats\n");
  CHECK(bash_offers("baryon completion z", 3) == "zsh\n");
  CHECK(bash_offers("baryon doctor --j", 3) == "--json\n");
  CHECK(bash_offers("baryon create --pid", 3) == "--pid-file\n");
}

TEST_CASE("bash offers files, not our options, after PROGRAM") {
  CHECK(bash_offers("baryon boot /bin/ls --mem", 4) == "\n");
  CHECK(bash_offers("baryon boot -- --mem", 4) == "\n");
  CHECK(bash_offers("baryon boot /usr/include/catch2/catch.h", 3) == "/usr/include/catch2/catch.hpp\n");
}
