// run_sandbox(): puts the parts together in the order in which a sandbox comes to life, and takes them apart in the
// reverse order, which the order of declaration of the locals gives.
#include "hypervisor/sandbox/sandbox.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "hypervisor/arch/api/guest_arch.hpp"
#include "hypervisor/config/option_table.hpp"
#include "hypervisor/engine/kind.hpp"
#include "hypervisor/jail/jail.hpp"
#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/loader/boot_page.hpp"
#include "hypervisor/loader/kernel_file.hpp"
#include "hypervisor/loader/kernel_image.hpp"
#include "hypervisor/log/log_drain.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/qcall/server.hpp"
#include "hypervisor/sandbox/clock.hpp"
#include "hypervisor/sandbox/exec_server.hpp"
#include "hypervisor/sandbox/machine.hpp"
#include "hypervisor/sandbox/settings.hpp"
#include "hypervisor/sandbox/signals.hpp"
#include "hypervisor/sandbox/ticker.hpp"
#include "hypervisor/stats/phases.hpp"
#include "hypervisor/stats/report.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host {

namespace {

// Where strace records go: nothing, stderr, or a file of its own that is closed at the end.
class StraceTarget {
 public:
  static Expected<StraceTarget> open(const StraceOptions& options) {
    if (options.to == StraceOptions::To::off) return StraceTarget(-1, UniqueFd());
    if (options.to == StraceOptions::To::standard_error) return StraceTarget(2, UniqueFd());
    UniqueFd file(::open(options.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file.valid())
      return fail_errno("cannot open the strace file " + options.file, errno,
                        "name a file that can be written (--strace)");
    const int number = file.get();
    return StraceTarget(number, std::move(file));
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  StraceTarget(int descriptor, UniqueFd owned) : descriptor_(descriptor), owned_(std::move(owned)) {}
  int descriptor_;
  UniqueFd owned_;
};

// Written at the end; that it cannot be is better known before the program runs.
Expected<UniqueFd> open_stats_file(const std::string& path) {
  if (path.empty()) return UniqueFd();
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (!file.valid())
    return fail_errno("cannot open the statistics file " + path, errno, "name a file that can be written (--stats)");
  return file;
}

struct LoadedKernel {
  KernelImage image;
  BootLayout layout;
};

Expected<LoadedKernel> load_kernel(const arch::GuestArch& arch, const GuestMemory& memory, std::uint32_t vcpus,
                                   std::uint64_t string_bytes, const PlatformNeeds& needs) {
  const MappedFile file = BARYON_TRY(MappedFile::open(BARYON_TRY(kernel_path(arch.name))));
  KernelImage image = BARYON_TRY(parse_kernel_image(file.bytes(), arch));
  BootLayout layout = BARYON_TRY(plan_boot(image, memory.size(), vcpus, string_bytes, needs));
  BARYON_TRY(copy_kernel_image(file.bytes(), image, memory));
  return LoadedKernel{std::move(image), std::move(layout)};
}

arch::FirstState first_state(const LoadedKernel& kernel, abi::Privilege privilege, bool syscall_reaches_cpl0,
                             std::uint32_t vcpu) {
  const BootLayout& layout = kernel.layout;
  return {.header = &kernel.image.header,
          .privilege = privilege,
          .syscall_reaches_cpl0 = syscall_reaches_cpl0,
          .index = vcpu,
          .vcpu_page = layout.va(layout.vcpu_page(vcpu)),
          .vcpu_area = layout.va(layout.vcpu_area(vcpu)),
          .stack_top = layout.va(layout.stack_top(vcpu)),
          .shared_tables = layout.va(layout.shared_tables),
          .page_table = layout.page_tables};
}

std::vector<std::pair<std::string_view, std::uint64_t>> sum_exits(const GuestEngine& engine, std::uint32_t vcpus) {
  VcpuCounters sum;
  for (std::uint32_t n = 0; n < vcpus; ++n) {
    const VcpuCounters each = engine.counters(n);
    sum.runs += each.runs;
    sum.halts += each.halts;
    sum.doorbells += each.doorbells;
    sum.kicks += each.kicks;
    sum.windows += each.windows;
    sum.injected += each.injected;
    sum.deferred += each.deferred;
  }
  return {{"halt", sum.halts},
          {"doorbell", sum.doorbells},
          {"kick", sum.kicks},
          {"interrupt_window", sum.windows},
          {"entries", sum.runs},
          {"interrupts_injected", sum.injected},
          {"interrupts_deferred", sum.deferred}};
}

}  // namespace

Expected<int> run_sandbox(const BootOptions& options, SandboxExtras extras) {
  Phases phases;
  phases.mark("options");
  BARYON_TRY(check_mounts(options));
  const UniqueFd stats_file = BARYON_TRY(open_stats_file(options.stats_file));
  const Choice choice = BARYON_TRY(choose(options));
  log::info("engine {}, privilege {}: {}", to_string(choice.engine), to_string(choice.privilege), choice.why);
  phases.mark("choice");

  const arch::GuestArch& arch = arch::guest_arch(options.arch);
  const EngineKind& kind = engine_kind(choice.engine);
  const EnginePlan plan = kind.plan(options.arch);
  // A process of the engine's own would have to be held by the jail as well: not yet.
  if (!plan.in_this_process && options.jail == Jail::on)
    return fail(
        fmt::format("--jail on: engine {} runs a process that the jail does not hold", to_string(choice.engine)),
        "use another engine, or --jail auto");
  jail::Preparation jail = BARYON_TRY(jail::prepare(plan.in_this_process ? options.jail : Jail::off));
  phases.mark("jail_begun");
  GuestMemory memory = BARYON_TRY(plan.shared_memory ? GuestMemory::create_shared(options.memory_bytes, arch.ram_base)
                                                     : GuestMemory::create(options.memory_bytes, arch.ram_base));
  phases.mark("memory");

  MountPlan mounts = plan_mounts(options);
  const std::vector<HostMount> host_mounts = std::move(mounts.host);
  BootContents contents =
      boot_contents(options, choice.privilege, plan.guest_flags, mounts, /*spinner=*/false, process_start_counter());
  for (std::size_t i = 0; i < extras.more_streams.size(); ++i)
    contents.streams.push_back(kFirstMountHandle + static_cast<std::uint32_t>(host_mounts.size() + i));
  const LoadedKernel kernel =
      BARYON_TRY(load_kernel(arch, memory, options.cpus, string_table_bytes(contents), plan.needs));
  const BootLayout& layout = kernel.layout;
  const abi::Privilege privilege = contents.privilege;
  phases.mark("kernel_load");

  std::vector<arch::FirstState> states;
  for (std::uint32_t n = 0; n < layout.vcpus; ++n)
    states.push_back(first_state(kernel, privilege, choice.syscall_reaches_cpl0, n));
  const std::unique_ptr<GuestEngine> vm = BARYON_TRY(kind.create({memory, layout, privilege, states}));
  phases.mark("vm");

  const StraceTarget strace = BARYON_TRY(StraceTarget::open(options.strace));
  LogDrain log_drain(*memory.object<abi::LogRing>(layout.log_ring), strace.descriptor());
  GuestClock clock(*memory.object<abi::ClockPage>(layout.clock), plan.counter);
  SignalSource signals =
      BARYON_TRY(SignalSource::create(options.as_init ? SignalSource::Which::all : SignalSource::Which::usual));
  const std::unique_ptr<Machine> machine =
      BARYON_TRY(Machine::create({.engine = *vm,
                                  .memory = memory,
                                  .layout = layout,
                                  .log = log_drain,
                                  .clock = clock,
                                  .first_state = [&](std::uint32_t vcpu) { return states[vcpu]; },
                                  .program = options.program}));
  const auto execs =
      extras.exec_listener.valid() ? std::make_unique<ExecServer>(std::move(extras.exec_listener)) : nullptr;
  const std::unique_ptr<QCallServer> server =
      BARYON_TRY(QCallServer::create({.memory = memory,
                                      .queues = layout.queues,
                                      .vcpus = layout.vcpus,
                                      .sandbox_page = layout.sandbox,
                                      .sockets = layout.sockets,
                                      .release_floor = layout.free_start,
                                      .mounts = host_mounts,
                                      .more_streams = std::move(extras.more_streams),
                                      .exec_desk = execs.get()},
                                     *machine));
  if (execs) execs->connect(*server);
  phases.mark("server");

  if (server->spins()) contents.flags |= abi::kBootSpinner;
  BARYON_TRY(fill_boot(memory, layout, kernel.image, contents));
  if (!plan.meets_guest) clock.start(vm->counter_khz());
  phases.mark("boot_page");

  BARYON_TRY(machine->create_vcpu(0));
  phases.mark("vcpu");

  const std::unique_ptr<Ticker> ticker =
      BARYON_TRY(Ticker::create({.machine = *machine,
                                 .signals = signals,
                                 .control = ControlSender(*memory.object<abi::ControlChannel>(layout.control)),
                                 .log = log_drain,
                                 .clock = clock,
                                 .execs = execs.get(),
                                 .often = options.strace.to != StraceOptions::To::off,
                                 .terminate_twice = !options.as_init}));
  machine->connect(*server, ticker->descriptor());
  BARYON_TRY(jail::close(std::move(jail)));
  phases.mark("jail");
  if (extras.before_run) {
    BARYON_TRY(extras.before_run());
    clock.refresh();  // it may have taken long
  }
  BARYON_TRY(server->start());
  BARYON_TRY(ticker->start());
  phases.mark("threads");

  const Expected<int> outcome = machine->run();

  const auto& farewell = *memory.object<abi::SandboxPage>(layout.sandbox);
  phases.mark_at("kernel_entry", clock.to_host_counter(farewell.kernel_entry_counter));
  phases.mark_at("user_entry", clock.to_host_counter(farewell.ready_counter));
  phases.mark("run");
  server->request_stop();  // both threads end at the same time
  ticker->stop();
  server->stop();
  log_drain.finish();

  if (!options.stats_file.empty()) {
    const auto* const per_vcpu = memory.at(layout.stats, layout.vcpus * abi::kStatsSize);
    std::vector<abi::KernelStats> kernel_stats(layout.vcpus);
    for (std::uint32_t n = 0; n < layout.vcpus; ++n)
      std::memcpy(&kernel_stats[n], per_vcpu + n * abi::kStatsSize, sizeof(abi::KernelStats));
    phases.mark("stop");
    auto written = write_stats(stats_file.get(), {.engine = to_string(choice.engine),
                                                  .privilege = to_string(choice.privilege),
                                                  .why = choice.why,
                                                  .memory_bytes = memory.size(),
                                                  .peak_memory_bytes = farewell.peak_memory,
                                                  .process_start_counter = process_start_counter(),
                                                  .counter_hz = clock.host_rate_hz(),
                                                  .phases = &phases,
                                                  .exits = sum_exits(*vm, layout.vcpus),
                                                  .kernel = std::move(kernel_stats),
                                                  .qcalls = server->stats(),
                                                  .exit_status = outcome.value_or(125)});
    // The program's own status matters more than its statistics, unless it had none.
    if (!written && outcome) return std::unexpected(std::move(written).error());
  }
  return outcome;
}

}  // namespace baryon::host
