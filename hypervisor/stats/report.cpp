#include "hypervisor/stats/report.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>

#include "hypervisor/support/write_all.hpp"

namespace baryon::host {

namespace {

using Json = nlohmann::ordered_json;

struct Counter {
  const char* name;
  abi::u64 abi::KernelStats::* field;
};
constexpr Counter kCounters[] = {
    {"syscalls_other", &abi::KernelStats::syscalls_other},
    {"syscalls_unknown", &abi::KernelStats::syscalls_unknown},
    {"syscalls_trapped", &abi::KernelStats::syscalls_trapped},
    {"syscalls_rewritten", &abi::KernelStats::syscalls_rewritten},
    {"sites_rewritten", &abi::KernelStats::sites_rewritten},
    {"sites_refused", &abi::KernelStats::sites_refused},
    {"page_faults", &abi::KernelStats::page_faults},
    {"page_faults_fatal", &abi::KernelStats::page_faults_fatal},
    {"interrupts", &abi::KernelStats::interrupts},
    {"context_switches", &abi::KernelStats::context_switches},
    {"guest_qcalls", &abi::KernelStats::qcalls},
    {"doorbells", &abi::KernelStats::doorbells},
    {"halts", &abi::KernelStats::halts},
    {"monitor_calls", &abi::KernelStats::monitor_calls},
    {"tlb_flushes", &abi::KernelStats::tlb_flushes},
    {"pages_mapped", &abi::KernelStats::pages_mapped},
    {"signals_delivered", &abi::KernelStats::signals_delivered},
};

Json boot_phases(const StatsInput& input) {
  Json table = Json::object();
  std::uint64_t previous = input.process_start_counter;
  for (const Phase& phase : input.phases->all()) {
    // A guest may report a time before the phase that led to it; that is no reason to print nonsense.
    const std::uint64_t ticks = phase.counter > previous ? phase.counter - previous : 0;
    table[phase.name] = std::round(static_cast<double>(ticks) / input.counter_hz * 1e7) / 10;
    previous = std::max(previous, phase.counter);
  }
  return table;
}

Json syscalls_by_number(const StatsInput& input) {
  Json table = Json::object();
  for (std::size_t number = 0; number < abi::kCountedSyscalls; ++number) {
    std::uint64_t calls = 0;
    for (const abi::KernelStats& vcpu : input.kernel) calls += vcpu.syscalls[number];
    if (calls != 0) table[std::to_string(number)] = calls;
  }
  return table;
}

}  // namespace

std::string stats_json(const StatsInput& input) {
  Json document;
  document["engine"] = input.engine;
  document["privilege"] = input.privilege;
  document["why"] = input.why;
  document["boot_us"] = boot_phases(input);
  document["syscalls"] = syscalls_by_number(input);
  for (const Counter& counter : kCounters) {
    std::uint64_t sum = 0;
    for (const abi::KernelStats& vcpu : input.kernel) sum += vcpu.*counter.field;
    document[counter.name] = sum;
  }
  Json exits = Json::object();
  for (const auto& [reason, count] : input.exits) exits[std::string(reason)] = count;
  document["exits"] = std::move(exits);

  std::uint64_t served = 0;
  Json by_op = Json::object();
  for (std::size_t op = 0; op < kQCallOps; ++op) {
    const std::uint64_t count = input.qcalls.by_op[op];
    served += count;
    if (count != 0) by_op[qcall_name(static_cast<abi::QCallOp>(op))] = count;
  }
  document["qcalls"] = served;
  document["qcalls_by_op"] = std::move(by_op);
  document["qcall_server"] = {{"rejected", input.qcalls.rejected},   {"helped", input.qcalls.helped},
                              {"waited", input.qcalls.waited},       {"doorbells", input.qcalls.doorbells},
                              {"spin_hits", input.qcalls.spin_hits}, {"spin_misses", input.qcalls.spin_misses},
                              {"sleeps", input.qcalls.sleeps},       {"wake_ns", input.qcalls.wake_ns}};
  document["memory_bytes"] = input.memory_bytes;
  document["peak_memory_bytes"] = input.peak_memory_bytes;
  document["exit_status"] = input.exit_status;
  return document.dump(2) + "\n";
}

Expected<void> write_stats(int file, const StatsInput& input) {
  // A pipe or a terminal has nothing to cut.
  static_cast<void>(!::ftruncate(file, 0));
  if (!write_all(file, stats_json(input))) return fail_errno("cannot write the statistics file", errno);
  return {};
}

}  // namespace baryon::host
