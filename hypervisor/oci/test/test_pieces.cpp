// Parts that need neither a virtual machine nor privilege.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/command.hpp"
#include "hypervisor/oci/flags.hpp"
#include "hypervisor/oci/lifecycle.hpp"
#include "hypervisor/oci/start_gate.hpp"
#include "hypervisor/oci/store.hpp"

using namespace baryon::host;
using namespace baryon::host::oci;
using Catch::Matchers::Contains;

namespace {

struct Directory {
  Directory() { REQUIRE(::mkdtemp(path) != nullptr); }
  ~Directory() { static_cast<void>(std::system(("rm -rf " + std::string(path)).c_str())); }
  char path[32] = "/tmp/baryon-oci-XXXXXX";
};

Expected<Parsed> parse(std::vector<std::string_view> words, std::string_view command) {
  std::span<const std::string_view> rest = words;
  return parse_flags(rest, find_oci_command(command)->flags, command);
}

}  // namespace

TEST_CASE("signals are understood in every form that engines write") {
  CHECK(parse_signal("TERM") == 15);
  CHECK(parse_signal("SIGKILL") == 9);
  CHECK(parse_signal("9") == 9);
  CHECK(parse_signal("RTMIN+3") == 37);
  CHECK(parse_signal("SIGRTMAX-1") == 63);
  for (const char* const wrong : {"", "0", "65", "-9", "term", "SIG", "RTMIN+31", "TERM "})
    CHECK_FALSE(parse_signal(wrong));
}

TEST_CASE("ids are safe as file names") {
  for (const char* const good : {"a", "a.b_c+d-e", "0123"}) CHECK(check_id(good));
  for (const char* const bad : {"", ".", "..", ".hidden", "a/b", "a b", "a\n", "é"}) CHECK_FALSE(check_id(bad));
  CHECK_FALSE(check_id(std::string(201, 'x')));
}

TEST_CASE("flags are taken as runc takes them") {
  const Parsed parsed =
      parse({"--bundle", "/b", "--pid-file=/p", "-no-pivot", "--no-new-keyring=false"}, "create").value();
  CHECK(parsed.value("bundle") == "/b");
  CHECK(parsed.value("pid-file") == "/p");
  CHECK(parsed.has("no-pivot"));
  CHECK_FALSE(parsed.has("no-new-keyring"));
  CHECK(parse({"-b", "x"}, "run")->value("bundle") == "x");
  CHECK_FALSE(parse({"--bundle"}, "create"));
  CHECK(parse({"--bundel", "x"}, "create").error().hint == "did you mean '--bundle'?");
  CHECK_FALSE(parse({"--preserve-fds", "x"}, "create")->number("preserve-fds"));
}

TEST_CASE("OCI command lines are told from others") {
  const auto is = [](std::vector<std::string_view> words) { return is_oci_command_line(words); };
  CHECK(is({"create", "x"}));
  CHECK(is({"--root", "/x", "list"}));
  CHECK(is({"--log-format=json", "list"}));
  CHECK_FALSE(is({"boot", "/bin/true"}));
  CHECK_FALSE(is({"--version"}));
  CHECK_FALSE(is({}));
}

TEST_CASE("hierarchies are found in hybrid, unified and nested set-ups") {
  const auto hybrid = parse_hierarchies("4:memory:/own\n1:cpu,cpuacct:/\n0::/\n",
                                        "1 2 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                                        "1 2 0:1 / /sys/fs/cgroup/cpu\\040x rw - cgroup cgroup rw,cpu,cpuacct\n"
                                        "1 2 0:1 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  REQUIRE(hybrid.size() == 3);
  CHECK(hybrid[0].mount_point == "/sys/fs/cgroup/memory");
  CHECK(hybrid[0].own_path == "/own");
  CHECK(hybrid[1].mount_point == "/sys/fs/cgroup/cpu x");
  CHECK(hybrid[2].unified);
  const auto nested =
      parse_hierarchies("0::/docker/abc/sub\n", "1 2 0:1 /docker/abc /sys/fs/cgroup rw - cgroup2 none rw\n");
  REQUIRE(nested.size() == 1);
  CHECK(nested[0].own_path == "/sub");
}

TEST_CASE("a container's groups lie where the bundle says, inside the hierarchy") {
  const std::vector<Hierarchy> one = {{"/cg", {"memory"}, "/own", false}};
  CHECK(plan_cgroups(one, "/a/b", "id")->front().directory == "/cg/a/b");
  CHECK(plan_cgroups(one, "rel", "id")->front().directory == "/cg/own/rel");
  CHECK(plan_cgroups(one, "", "id")->front().directory == "/cg/own/id");
  for (const char* const bad : {"/", "/a/../..", "..", "system.slice:runc:x"})
    CHECK_FALSE(plan_cgroups(one, bad, "id"));
}

TEST_CASE("the gate tells who waits") {
  const Directory directory;
  const std::string path = std::string(directory.path) + "/gate";
  CHECK_FALSE(StartGate::is_waiting(path));
  {
    const UniqueFd gate = StartGate::make(path).value();
    CHECK(StartGate::is_waiting(path));
    CHECK(StartGate::is_waiting(path));  // looking does not open it
  }
  CHECK_FALSE(StartGate::is_waiting(path));
  CHECK(StartGate::open_gate(path) == false);
}

TEST_CASE("an entry is made once, and what a dead creator left is no obstacle") {
  const Directory directory;
  const Store store(std::string(directory.path) + "/deep/root");
  {
    Entry entry = store.create("one").value();
    CHECK_FALSE(store.create("one"));
    ContainerState state;
    state.id = "one";
    state.pid = 0;
    REQUIRE(entry.save(state));
    CHECK(store.load("one")->id == "one");
    CHECK(status_of(*store.load("one"), entry.path()) == Status::creating);
  }
  // The lock is gone, and no process was ever named.
  CHECK_FALSE(store.load("one"));
  Entry entry = store.create("one").value();
  ContainerState state;
  state.id = "one";
  state.pid = 1;
  state.pid_start = ~std::uint64_t{0};  // not process 1's
  REQUIRE(entry.save(state));
  entry.unlock();
  CHECK(status_of(*store.load("one"), store.path_of("one")) == Status::stopped);
  CHECK_FALSE(store.create("one"));
  store.lock("one")->remove();
  CHECK(store.ids()->empty());
}

TEST_CASE("what has no name yet or any more is swept once nobody works at it") {
  const Directory directory;
  const Store store(directory.path);
  Entry entry = store.create("one").value();
  const std::string work = std::string(directory.path) + "/.work";
  REQUIRE(std::system(("mkdir " + work + "/new-dead && touch " + work + "/new-dead/state.json").c_str()) == 0);
  Entry busy = store.create("two").value();
  CHECK(std::system(("test -e " + work + "/new-dead").c_str()) != 0);
  REQUIRE(std::system(("mv " + busy.path() + " " + work + "/gone-1").c_str()) == 0);
  CHECK(store.ids()->size() == 1);
  CHECK(std::system(("test -e " + work + "/gone-1").c_str()) == 0);
  busy.unlock();
  CHECK(store.ids()->size() == 1);
  CHECK(std::system(("test -e " + work + "/gone-1").c_str()) != 0);
}

TEST_CASE("a state file that is no state is an error, not a container") {
  const Directory directory;
  const Store store(directory.path);
  Entry entry = store.create("bad").value();
  REQUIRE(std::system(("echo '{\"id\": 3' > " + entry.file(kStateFile)).c_str()) == 0);
  entry.unlock();
  CHECK_FALSE(store.load("bad"));
  CHECK(store.ids()->empty());
}
