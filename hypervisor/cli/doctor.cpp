#include "hypervisor/cli/doctor.hpp"

#include <nlohmann/json.hpp>

#include "hypervisor/config/option_table.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host {

namespace {

std::string gibibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / static_cast<double>(kGiB));
}

std::string or_unknown(const std::string& text) { return text.empty() ? "unknown" : text; }

std::string_view yes_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

std::string doctor_text(const HostProbe& probe, const HostFacts& facts) {
  fmt::memory_buffer out;
  const auto line = [&](std::string_view label, std::string_view text) {
    fmt::format_to(std::back_inserter(out), "  {:<14}{}\n", label, text);
  };
  const auto title = [&](std::string_view text) { fmt::format_to(std::back_inserter(out), "{}\n", text); };

  title("Host");
  line("kernel", or_unknown(facts.kernel));
  line("CPU", or_unknown(facts.cpu));
  line("cores", std::to_string(facts.cores));
  line("memory", gibibytes(facts.memory_bytes) + ", " + gibibytes(facts.memory_available_bytes) + " available");
  line("huge pages", or_unknown(facts.transparent_huge_pages));
  for (const QemuFact& qemu : facts.qemu)
    line("QEMU", qemu.path.empty() ? qemu.binary + " not found"
                                   : qemu.path + (qemu.version.empty() ? "" : ", version " + qemu.version));

  title("KVM");
  line("usable", fmt::format("{}: {}", yes_no(probe.kvm.usable), probe.kvm.reason));
  line("API version", probe.kvm.api_version < 0 ? "unknown" : std::to_string(probe.kvm.api_version));
  for (const HostProbe::Capability& capability : probe.kvm.capabilities)
    line(capability.present ? "has" : "lacks", capability.name + (capability.required ? "" : " (not required)"));

  title("Probe");
  if (probe.cpu.ran) {
    line("CPL 0 code", fmt::format("{:.1f} ns per instruction{}", probe.cpu.cpl0_ns_per_instruction,
                                   probe.cpu.from_cache ? " (cached)" : ""));
    line("SYSCALL", probe.cpu.syscall_reaches_cpl0 ? "reaches CPL 0" : "stays at CPL 3");
  }
  if (!probe.cpu.reason.empty()) line(probe.cpu.ran ? "meaning" : "did not run", probe.cpu.reason);

  title("Combinations");
  for (const CombinationStatus& status : probe.combinations) {
    const Combination& row = status.combination;
    const std::string name =
        fmt::format("{}+{} {}", to_string(row.engine), to_string(row.privilege), to_string(row.arch));
    fmt::format_to(std::back_inserter(out), "  {:<22}{:<5}{}\n", name, yes_no(status.supported), status.reason);
  }

  title("Will be used (--engine auto --privilege auto)");
  if (probe.automatic.supported)
    line(fmt::format("{}+{}", to_string(probe.automatic.engine), to_string(probe.automatic.privilege)),
         probe.automatic.why);
  else line("nothing", probe.automatic.why);
  return fmt::to_string(out);
}

std::string doctor_json(const HostProbe& probe, const HostFacts& facts) {
  using Json = nlohmann::ordered_json;
  Json capabilities = Json::array();
  for (const HostProbe::Capability& capability : probe.kvm.capabilities)
    capabilities.push_back(
        {{"name", capability.name}, {"present", capability.present}, {"required", capability.required}});
  Json combinations = Json::array();
  for (const CombinationStatus& status : probe.combinations)
    combinations.push_back({{"engine", to_string(status.combination.engine)},
                            {"privilege", to_string(status.combination.privilege)},
                            {"arch", to_string(status.combination.arch)},
                            {"supported", status.supported},
                            {"reason", status.reason}});
  Json qemu = Json::array();
  for (const QemuFact& fact : facts.qemu)
    qemu.push_back({{"binary", fact.binary}, {"path", fact.path}, {"version", fact.version}});
  const bool automatic = probe.automatic.supported;
  const Json report{
      {"kvm",
       {{"usable", probe.kvm.usable},
        {"reason", probe.kvm.reason},
        {"api_version", probe.kvm.api_version},
        {"capabilities", capabilities}}},
      {"probe",
       {{"ran", probe.cpu.ran},
        {"from_cache", probe.cpu.from_cache},
        {"cpl0_ns_per_instruction", probe.cpu.cpl0_ns_per_instruction},
        {"syscall_reaches_cpl0", probe.cpu.syscall_reaches_cpl0},
        {"reason", probe.cpu.reason}}},
      {"auto",
       {{"engine", automatic ? Json(to_string(probe.automatic.engine)) : Json()},
        {"privilege", automatic ? Json(to_string(probe.automatic.privilege)) : Json()},
        {"why", probe.automatic.why}}},
      {"combinations", combinations},
      {"host",
       {{"kernel", facts.kernel},
        {"cpu", facts.cpu},
        {"cores", facts.cores},
        {"memory_bytes", facts.memory_bytes},
        {"memory_available_bytes", facts.memory_available_bytes},
        {"transparent_huge_pages", facts.transparent_huge_pages},
        {"qemu", qemu}}},
  };
  // Host strings may be any bytes: broken UTF-8 is replaced, not thrown at.
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace baryon::host
