#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "hypervisor/cli/doctor.hpp"
#include "hypervisor/config/option_table.hpp"

using namespace baryon::host;
using Catch::Matchers::Contains;

namespace {

HostProbe working_probe() {
  HostProbe probe;
  probe.kvm = {.usable = true,
               .reason = "/dev/kvm works",
               .api_version = 12,
               .capabilities = {{"KVM_CAP_USER_MEMORY", true, true}, {"KVM_CAP_X", false, false}}};
  probe.cpu = {.ran = true,
               .from_cache = true,
               .cpl0_ns_per_instruction = 287.5,
               .syscall_reaches_cpl0 = false,
               .reason = "CPL 0 is emulated"};
  probe.automatic = {.supported = true, .engine = Engine::kvm, .privilege = Privilege::linked, .why = "CPL 0 is slow"};
  probe.combinations = {{{Engine::kvm, Privilege::linked, Arch::x86_64}, true, "KVM works"},
                        {{Engine::kvm, Privilege::split, Arch::x86_64}, false, "SYSCALL stays at CPL 3"}};
  return probe;
}

HostProbe broken_probe() {
  HostProbe probe;
  probe.kvm.reason = "/dev/kvm does not exist";
  probe.cpu.reason = "needs /dev/kvm";
  probe.automatic.why = "no engine works here";
  return probe;
}

HostFacts some_facts() {
  HostFacts facts;
  facts.kernel = "Linux 6.18 x86_64";
  facts.cpu = "bad \xff byte";
  facts.cores = 2;
  facts.memory_bytes = 24 * kGiB;
  facts.qemu = {{"qemu-system-x86_64", "/usr/bin/qemu-system-x86_64", "7.2.22"}, {"qemu-system-aarch64", "", ""}};
  return facts;
}

}  // namespace

TEST_CASE("the JSON report has the promised keys and values") {
  const auto report = nlohmann::json::parse(doctor_json(working_probe(), some_facts()));
  CHECK(report.at("kvm").at("usable") == true);
  CHECK(report.at("kvm").at("reason") == "/dev/kvm works");
  CHECK(report.at("kvm").at("api_version") == 12);
  CHECK(report.at("kvm").at("capabilities").at(0).at("name") == "KVM_CAP_USER_MEMORY");
  CHECK(report.at("probe").at("cpl0_ns_per_instruction") == 287.5);
  CHECK(report.at("probe").at("syscall_reaches_cpl0") == false);
  CHECK(report.at("auto").at("engine") == "kvm");
  CHECK(report.at("auto").at("privilege") == "linked");
  CHECK(report.at("auto").at("why") == "CPL 0 is slow");
  CHECK(report.at("host").at("cores") == 2);
  CHECK(report.at("host").at("qemu").at(1).at("path") == "");
  REQUIRE(report.at("combinations").size() == 2);
  const auto& row = report.at("combinations").at(1);
  CHECK(row.at("engine") == "kvm");
  CHECK(row.at("privilege") == "split");
  CHECK(row.at("arch") == "x86_64");
  CHECK(row.at("supported") == false);
  CHECK(row.at("reason") == "SYSCALL stays at CPL 3");
}

TEST_CASE("a host on which nothing runs has no automatic choice, and says why") {
  const auto report = nlohmann::json::parse(doctor_json(broken_probe(), some_facts()));
  CHECK(report.at("auto").at("engine").is_null());
  CHECK(report.at("auto").at("why") == "no engine works here");
}

TEST_CASE("the text report says what will be used and why") {
  const std::string text = doctor_text(working_probe(), some_facts());
  for (const char* const part :
       {"/dev/kvm works", "287.5 ns per instruction (cached)", "stays at CPL 3", "24.0 GiB", "kvm+linked",
        "CPL 0 is slow", "version 7.2.22", "qemu-system-aarch64 not found", "KVM_CAP_X (not required)"})
    CHECK_THAT(text, Contains(part));
  CHECK_THAT(doctor_text(broken_probe(), {}), Contains("no engine works here"));
}

TEST_CASE("the sources of host facts are read as the kernel writes them") {
  CHECK(cpu_model("processor\t: 0\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nmodel name\t: other\n") == "AMD EPYC");
  CHECK(cpu_model("").empty());
  CHECK(meminfo_bytes("MemTotal:       1024 kB\nMemFree: 1 kB\n", "MemTotal") == kMiB);
  CHECK(meminfo_bytes("MemTotal:       1024 kB\n", "MemAvailable") == 0);
  CHECK(selected_choice("always [madvise] never\n") == "madvise");
  CHECK(selected_choice("none").empty());
  CHECK(selected_choice("]x[").empty());
  CHECK(qemu_version("QEMU emulator version 7.2.22 (Debian 1:7.2)\n") == "7.2.22");
  CHECK(qemu_version("version ").empty());
  CHECK(qemu_version("garbage").empty());
}

TEST_CASE("this host's facts are found") {
  const HostFacts facts = collect_host_facts();
  CHECK_THAT(facts.kernel, Contains("Linux"));
  CHECK(facts.cores >= 1);
  CHECK(facts.memory_bytes > kMiB);
  CHECK(facts.qemu.size() == 2);
}
