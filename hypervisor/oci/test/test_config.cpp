#include <linux/audit.h>
#include <linux/seccomp.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "hypervisor/jail/filter.hpp"
#include "hypervisor/oci/config.hpp"
#include "hypervisor/oci/templates.hpp"
#include "hypervisor/oci/translate.hpp"

using namespace baryon::host;
using namespace baryon::host::oci;
using Catch::Matchers::Contains;

namespace {

Json minimal() {
  return Json::parse(R"({"ociVersion": "1.0.2", "root": {"path": "/"},
                         "process": {"args": ["/bin/true"], "cwd": "/"}})");
}

std::string refusal(const Json& document) {
  const auto config = parse_config(document, "config.json");
  REQUIRE_FALSE(config);
  return config.error().what;
}

Translation translated(const Json& document) {
  return translate(parse_config(document, "config.json").value(), "/").value();
}

}  // namespace

TEST_CASE("the least that a bundle can say is enough") {
  const Config config = parse_config(minimal(), "config.json").value();
  CHECK(config.process.args == std::vector<std::string>{"/bin/true"});
  CHECK_FALSE(config.root_read_only);
  CHECK(config.process.user.uid == 0);
}

TEST_CASE("what is missing or of the wrong type is named by its path") {
  CHECK(refusal(Json::parse("[]")) == "config.json: is not an object");
  Json document = minimal();
  document.erase("process");
  CHECK(refusal(document) == "config.json: has no 'process'");
  document = minimal();
  document["process"]["args"] = Json::parse(R"(["a", 1])");
  CHECK(refusal(document) == "config.json: process.args[1] is not a string");
  document["process"]["args"] = Json::array();
  CHECK(refusal(document) == "config.json: process has no 'args'");
  document = minimal();
  document["process"]["user"]["uid"] = -1;
  CHECK(refusal(document) == "config.json: process.user.uid is out of range");
  document["process"]["user"]["uid"] = 4294967295u;
  CHECK(refusal(document) == "config.json: process.user.uid is out of range");
  document = minimal();
  document["process"]["cwd"] = "tmp";
  CHECK_THAT(refusal(document), Contains("cwd"));
  document = minimal();
  document["linux"]["namespaces"] = Json::parse(R"([{"type": "pid"}, {"type": "pid"}])");
  CHECK(refusal(document) == "config.json: linux.namespaces[1] repeats the type 'pid'");
  document["linux"]["namespaces"] = Json::parse(R"([{"type": "colour"}])");
  CHECK(refusal(document) == "config.json: linux.namespaces[0] has the unknown type 'colour'");
  document = minimal();
  document["hooks"]["prestart"] = Json::parse(R"([{"path": "bin/x"}])");
  CHECK(refusal(document) == "config.json: hooks.prestart[0] has a 'path' that is not absolute");
  document = minimal();
  document["ociVersion"] = "2.0.0";
  CHECK_THAT(refusal(document), Contains("version '2.0.0'"));
  document = minimal();
  document["process"]["args"][0] = std::string("a\0b", 3);
  CHECK_THAT(refusal(document), Contains("NUL"));
}

TEST_CASE("null counts as absent, as Go writes it") {
  Json document = minimal();
  document["linux"] = nullptr;
  document["mounts"] = nullptr;
  document["process"]["rlimits"] = nullptr;
  CHECK(parse_config(document, "config.json"));
}

TEST_CASE("the template is a configuration that this runtime accepts") {
  const Json document = Json::parse(spec_template(false));
  const Config config = parse_config(document, "config.json").value();
  CHECK(config.process.args == std::vector<std::string>{"sh"});
  CHECK(parse_config(Json::parse(spec_template(true)), "config.json"));
}

TEST_CASE("mounts become binds and tmpfs, or are the guest kernel's own") {
  Json document = minimal();
  document["mounts"] = Json::parse(R"([
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["size=65536k"]},
    {"destination": "/dev/shm", "type": "bind", "source": "/tmp", "options": ["rbind"]},
    {"destination": "/data", "type": "bind", "source": "/usr", "options": ["rbind", "ro"]},
    {"destination": "/etc/hosts", "type": "bind", "source": "/etc/passwd"},
    {"destination": "/run", "type": "tmpfs", "source": "tmpfs"}])");
  const BootOptions options = translated(document).options;
  REQUIRE(options.binds.size() == 2);
  CHECK(options.binds[0] == Bind{"/usr", "/data", true});
  CHECK(options.binds[1] == Bind{"/etc/passwd", "/etc/hosts", false});
  CHECK(options.tmpfs == std::vector<std::string>{"/dev/shm", "/run"});
}

TEST_CASE("a later mount covers earlier ones at its place and below") {
  Json document = minimal();
  document["mounts"] = Json::parse(R"([
    {"destination": "/data/x", "type": "bind", "source": "/usr"},
    {"destination": "/database", "type": "bind", "source": "/usr"},
    {"destination": "/data", "type": "tmpfs", "source": "tmpfs"}])");
  const BootOptions options = translated(document).options;
  REQUIRE(options.binds.size() == 1);
  CHECK(options.binds[0].guest == "/database");
}

TEST_CASE("mounts that a sandbox cannot have are refused by number") {
  const auto refused = [](const char* mount) {
    Json document = minimal();
    document["mounts"] = Json::array({Json::parse(mount)});
    const auto result = translate(parse_config(document, "config.json").value(), "/");
    REQUIRE_FALSE(result);
    return result.error().what;
  };
  CHECK_THAT(refused(R"({"destination": "/n", "type": "nfs", "source": "x:/"})"),
             Contains("mounts[0] at /n: the type 'nfs'"));
  CHECK_THAT(refused(R"({"destination": "/x", "type": "proc"})"), Contains("proc can only be at /proc"));
  CHECK_THAT(refused(R"({"destination": "/x", "type": "bind", "source": "/dev/null"})"),
             Contains("/dev/null is neither"));
  CHECK_THAT(refused(R"({"destination": "/x", "type": "bind", "source": "/no/such"})"),
             Contains("cannot find the source /no/such"));
  CHECK_THAT(refused(R"({"destination": "/x/../y", "type": "tmpfs"})"), Contains(".."));
  CHECK_THAT(refused(R"({"destination": "/", "type": "tmpfs"})"), Contains("mounts[0]"));
}

TEST_CASE("annotations set what a bundle may set, and nothing that names a file") {
  Json document = minimal();
  document["annotations"] = {{"dev.baryon.memory", "64M"}, {"dev.baryon.cpus", "3"}, {"other", "x"}};
  CHECK(translated(document).options.memory_bytes == 64 * kMiB);
  CHECK(translated(document).options.cpus == 3);
  for (const char* const key : {"dev.baryon.stats", "dev.baryon.strace", "dev.baryon.root", "dev.baryon.memroy"}) {
    document["annotations"] = {{key, "/tmp/x"}};
    CHECK_FALSE(translate(parse_config(document, "config.json").value(), "/"));
  }
  document["annotations"] = {{"dev.baryon.engine", "warp"}};
  const auto result = translate(parse_config(document, "config.json").value(), "/");
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().what, Contains("'dev.baryon.engine'"));
}

TEST_CASE("guest memory and vCPUs follow from the limits") {
  CHECK(guest_memory_for(256 << 20) == (240u << 20));
  CHECK(guest_memory_for(32 << 20) == (24u << 20));
  CHECK(guest_memory_for(1) == kMinMemoryBytes);
  CHECK(guest_memory_for(INT64_MAX) == kMaxMemoryBytes);
  CHECK(vcpus_for({.cpu_quota = 150'000, .cpu_period = 100'000}, 8) == 2);
  CHECK(vcpus_for({.cpu_quota = 50'000}, 8) == 1);
  CHECK(vcpus_for({.cpu_quota = -1}, 8) == 8);
  CHECK(vcpus_for({.cpuset_cpus = "0-2,7"}, 8) == 4);
  CHECK(vcpus_for({.cpuset_cpus = "7-2"}, 8) == 8);
  CHECK(vcpus_for({.cpu_quota = INT64_MAX, .cpu_period = 1}, 8) == 8);
}

TEST_CASE("the program's identity is what execve makes of the bundle's") {
  Json document = minimal();
  document["process"]["user"] = Json::parse(R"({"uid": 0, "gid": 5, "umask": 18, "additionalGids": [7]})");
  document["process"]["capabilities"] =
      Json::parse(R"({"bounding": ["CAP_CHOWN", "CAP_KILL"], "ambient": ["CAP_KILL"]})");
  document["process"]["rlimits"] = Json::parse(R"([{"type": "RLIMIT_NOFILE", "soft": 1, "hard": 2}])");
  baryon::abi::ProgramIdentity identity = translated(document).options.identity;
  CHECK(identity.gid == 5);
  CHECK((identity.group_count == 1 && identity.groups[0] == 7));
  CHECK((identity.permitted == 0x21 && identity.effective == 0x21 && identity.bounding == 0x21));
  CHECK((identity.umask == 022 && (identity.flags & baryon::abi::kIdentityUmask) != 0));
  CHECK(identity.limits_given == 1u << 7);
  CHECK((identity.limits[7].soft == 1 && identity.limits[7].hard == 2));
  document["process"]["user"]["uid"] = 9;
  identity = translated(document).options.identity;
  CHECK((identity.uid == 9 && identity.permitted == 0x20 && identity.effective == 0x20));
}

TEST_CASE("a seccomp profile becomes a program that refuses, and knows what is newer than itself") {
  const Json document = Json::parse(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
      {"names": ["read", "no_such_call"], "action": "SCMP_ACT_ALLOW"},
      {"names": ["close"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 3, "op": "SCMP_CMP_EQ"}]}]})");
  const SeccompProfile profile = parse_seccomp(Node(document, "seccomp")).value();
  for (const Arch arch : {Arch::x86_64, Arch::aarch64}) {
    const std::vector<std::uint64_t> words = compile_seccomp(profile, arch).value();
    std::vector<sock_filter> program(words.size());
    std::memcpy(program.data(), words.data(), words.size() * sizeof words[0]);
    const bool x86 = arch == Arch::x86_64;
    const std::uint32_t machine = x86 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
    const auto answer = [&](std::uint32_t number, std::uint64_t argument) {
      const std::uint64_t arguments[6] = {argument};
      return jail::evaluate(program, machine, number, arguments);
    };
    CHECK(answer(x86 ? 0 : 63, 9) == SECCOMP_RET_ALLOW);
    CHECK(answer(x86 ? 3 : 57, 3) == SECCOMP_RET_ALLOW);
    CHECK(answer(x86 ? 3 : 57, 4) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(x86 ? 1 : 56, 0) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(400, 0) == (SECCOMP_RET_ERRNO | ENOSYS));
  }
}
