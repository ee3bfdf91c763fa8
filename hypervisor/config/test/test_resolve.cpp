#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <utility>

#include "hypervisor/config/resolve.hpp"

using namespace baryon::host;
using Catch::Matchers::Contains;

namespace {

const HostContext kHost{.cwd = "/home/user", .term = "xterm"};

OptionLayer layer(std::initializer_list<std::pair<const char*, const char*>> values,
                  const char* program = "/bin/true") {
  OptionLayer out;
  for (const auto& [name, value] : values) {
    const OptionSpec* const option = find_option(name);
    REQUIRE(option != nullptr);
    out.assignments.push_back({option, value, std::string("--") + name});
  }
  if (program != nullptr) out.program = program;
  return out;
}

Expected<BootOptions> resolved(std::initializer_list<OptionLayer> layers) {
  return resolve_options(std::span(layers.begin(), layers.size()), kHost);
}

bool contains(const std::vector<std::string>& all, const std::string& wanted) {
  return std::ranges::find(all, wanted) != all.end();
}

}  // namespace

TEST_CASE("defaults are the documented ones") {
  const BootOptions options = resolved({layer({})}).value();
  CHECK(options.engine == Engine::auto_);
  CHECK(options.privilege == Privilege::auto_);
  CHECK(options.arch == kHostArch);
  CHECK(options.memory_bytes == 512 * kMiB);
  CHECK(options.cpus == 1);
  CHECK(options.root == RootOptions{"/", true});
  CHECK(options.rewrite);
  CHECK(options.strace.to == StraceOptions::To::off);
  CHECK(options.stats_file.empty());
  CHECK(options.log_level == LogLevel::warn);
  CHECK(options.cwd == "/home/user");
  CHECK(options.env.size() == 3);
  CHECK(contains(options.env, "TERM=xterm"));
  CHECK(contains(options.env, "HOME=/root"));
}

TEST_CASE("another root starts in its own /, unless told") {
  CHECK(resolved({layer({{"root", "/srv"}})}).value().cwd == "/");
  CHECK(resolved({layer({{"root", "/srv"}, {"cwd", "/tmp"}})}).value().cwd == "/tmp");
}

TEST_CASE("every option reaches its field") {
  const BootOptions options = resolved({layer({{"engine", "tcg"},
                                               {"privilege", "linked"},
                                               {"memory", "1G"},
                                               {"cpus", "3"},
                                               {"page-policy", "demand"},
                                               {"rewrite", "off"},
                                               {"root", "/r:rw"},
                                               {"bind", "/a:/b:rw"},
                                               {"tmpfs", "/t"},
                                               {"env", "X=1"},
                                               {"cwd", "/c"},
                                               {"strace", "trace.txt"},
                                               {"stats", "s.json"},
                                               {"log-level", "trace"},
                                               {"arch", "x86_64"}})})
                                  .value();
  CHECK(options.engine == Engine::tcg);
  CHECK(options.privilege == Privilege::linked);
  CHECK(options.arch == Arch::x86_64);
  CHECK(options.memory_bytes == kGiB);
  CHECK(options.cpus == 3);
  CHECK(options.page_policy == PagePolicy::demand);
  CHECK_FALSE(options.rewrite);
  CHECK(options.root == RootOptions{"/r", false});
  CHECK(options.binds == std::vector{Bind{"/a", "/b", false}});
  CHECK(options.tmpfs == std::vector<std::string>{"/t"});
  CHECK(contains(options.env, "X=1"));
  CHECK(options.cwd == "/c");
  CHECK(options.strace == StraceOptions{StraceOptions::To::file, "trace.txt"});
  CHECK(options.stats_file == "s.json");
  CHECK(options.log_level == LogLevel::trace);
}

TEST_CASE("every name of a choice is accepted and spelt back") {
  for (const OptionSpec& option : option_table()) {
    if (option.kind != ValueKind::choice) continue;
    REQUIRE_FALSE(option.choices.empty());
    for (const std::string_view choice : option.choices) {
      CAPTURE(option.name, choice);
      const OptionSpec::Inherited none;
      BootOptions options;
      OptionSpec::Inherited inherited = none;
      CHECK(option.apply(options, choice, inherited));
      if (option.name == "engine") CHECK(to_string(options.engine) == choice);
      if (option.name == "privilege") CHECK(to_string(options.privilege) == choice);
      if (option.name == "arch") CHECK(to_string(options.arch) == choice);
      if (option.name == "page-policy") CHECK(to_string(options.page_policy) == choice);
      if (option.name == "log-level") CHECK(to_string(options.log_level) == choice);
    }
    BootOptions options;
    OptionSpec::Inherited inherited;
    CHECK_FALSE(option.apply(options, "", inherited));
    CHECK_FALSE(option.apply(options, "none-of-them", inherited));
  }
}

TEST_CASE("a misspelt choice suggests the right one") {
  const auto result = resolved({layer({{"engine", "kmv"}})});
  REQUIRE_FALSE(result);
  CHECK(result.error().what == "--engine: 'kmv' is not a valid choice");
  CHECK(result.error().hint == "did you mean 'kvm'?");
}

TEST_CASE("a later layer overrides single values and keeps the rest") {
  const BootOptions options = resolved({layer({{"memory", "1G"}, {"cpus", "2"}}), layer({{"memory", "2G"}})}).value();
  CHECK(options.memory_bytes == 2 * kGiB);
  CHECK(options.cpus == 2);
}

TEST_CASE("a later layer replaces mounts at the same guest path and adds others") {
  const BootOptions options =
      resolved({layer({{"bind", "/1:/a"}, {"bind", "/2:/b"}, {"tmpfs", "/t"}}),
                layer({{"bind", "/3:/t"}, {"bind", "/4:/a:rw"}, {"tmpfs", "/b"}, {"bind", "/5:/c"}})})
          .value();
  CHECK(options.binds == std::vector{Bind{"/3", "/t", true}, Bind{"/4", "/a", false}, Bind{"/5", "/c", true}});
  CHECK(options.tmpfs == std::vector<std::string>{"/b"});
}

TEST_CASE("a guest path is mounted once within a layer, also after replacing an inherited mount") {
  for (const auto& second :
       {layer({{"bind", "/1:/a"}, {"bind", "/2:/a/"}}), layer({{"tmpfs", "/a"}, {"bind", "/2:/a"}}),
        layer({{"bind", "/2:/a"}, {"tmpfs", "/a"}}), layer({{"tmpfs", "/a"}, {"tmpfs", "/a"}})}) {
    CHECK_THAT(resolved({second}).error().what, Contains("mounted twice"));
    CHECK_THAT(resolved({layer({{"bind", "/0:/a"}}), second}).error().what, Contains("mounted twice"));
  }
}

TEST_CASE("a single-valued option is refused twice in a layer") {
  CHECK(resolved({layer({{"memory", "1G"}, {"memory", "1G"}})}).error().what == "--memory: given twice");
  CHECK(resolved({layer({{"strace", ""}, {"strace", "f"}})}).error().what == "--strace: given twice");
}

TEST_CASE("the last value of an environment key wins, and keys are compared whole") {
  const BootOptions options =
      resolved({layer({{"env", "A=1"}, {"env", "AB=2"}}), layer({{"env", "A=3"}, {"env", "PATH=/x"}, {"env", "A=4"}})})
          .value();
  CHECK(contains(options.env, "A=4"));
  CHECK(contains(options.env, "AB=2"));
  CHECK(contains(options.env, "PATH=/x"));
  CHECK(options.env.size() == 5);
}

TEST_CASE("a program replaces the earlier layer's program and arguments together") {
  OptionLayer file = layer({}, "/bin/sort");
  file.args = {"-r"};
  CHECK(resolved({file, layer({}, "/bin/cat")}).value().args.empty());
  CHECK(resolved({file, layer({}, nullptr)}).value().args == std::vector<std::string>{"-r"});
  CHECK(resolved({file, layer({}, nullptr)}).value().program == "/bin/sort");
}

TEST_CASE("without a program nothing runs") {
  CHECK_THAT(resolved({layer({}, nullptr)}).error().what, Contains("no program"));
}

TEST_CASE("conflicting options are refused") {
  CHECK_THAT(resolved({layer({{"rewrite", "on"}, {"privilege", "split"}})}).error().what, Contains("contradicts"));
  CHECK(resolved({layer({{"rewrite", "off"}, {"privilege", "split"}})}));
  CHECK(resolved({layer({{"privilege", "split"}})}));
  CHECK_THAT(resolved({layer({{"arch", "aarch64"}, {"privilege", "linked"}})}).error().what, Contains("linked"));
}
