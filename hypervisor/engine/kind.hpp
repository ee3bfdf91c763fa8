// A kind of engine: what the sandbox and `baryon doctor` know before there is an engine. Stateless, one object each.
//
// ARCHITECTURE.md, "A third engine", says what to write for another one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "hypervisor/arch/api/first_state.hpp"
#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/engine/engine.hpp"
#include "hypervisor/engine/guest_counter.hpp"
#include "hypervisor/engine/list/support_matrix.hpp"
#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"

namespace baryon::host {

struct Availability {
  bool usable = false;
  std::string reason;  // why, or why not, in one sentence without a period
};

struct PrivilegeAdvice {
  Privilege privilege = Privilege::split;  // what `--privilege auto` takes; a row of the engine's for that architecture
  bool syscall_reaches_cpl0 = true;        // FirstState
  std::string why;
};

// What an engine asks for before guest memory is laid out.
struct EnginePlan {
  PlatformNeeds needs;
  bool shared_memory = false;     // GuestMemory::create_shared()
  bool meets_guest = false;       // the guest's counter is not the host's: GuestClock::meet_guest() instead of start()
  bool in_this_process = true;    // the jail around this process holds all of it
  GuestCounter counter;           // how the guest's counter is read and what it counts
  std::uint32_t guest_flags = 0;  // abi::MachineFlags
};

// What an engine is made for. All of it outlives the engine, but for `states`.
struct EngineConfig {
  const GuestMemory& memory;
  const BootLayout& layout;  // its `arch` is the guest's
  abi::Privilege privilege;
  std::span<const arch::FirstState> states;  // every vCPU's
};

class EngineKind {
 public:
  virtual ~EngineKind() = default;

  [[nodiscard]] virtual Engine id() const = 0;

  // Its rows of the support matrix.
  [[nodiscard]] virtual std::span<const Combination> combinations() const = 0;

  // Whether this host can run one of its rows, found out by trying; quick (a start waits for it). Whether it can run
  // that architecture at all comes first, so that a reason fits every row that it is given for.
  [[nodiscard]] virtual Availability availability(const Combination& row) const = 0;

  // For a guest of `arch`. Means something if a row for it is available.
  [[nodiscard]] virtual PrivilegeAdvice advise(Arch arch) const = 0;

  [[nodiscard]] virtual EnginePlan plan(Arch arch) const = 0;

  // From the thread that will run vCPU 0.
  virtual Expected<std::unique_ptr<GuestEngine>> create(const EngineConfig& config) const = 0;
};

// In order of preference.
[[nodiscard]] std::span<const EngineKind* const> engine_kinds();

// Not for Engine::auto_.
[[nodiscard]] const EngineKind& engine_kind(Engine engine);

// What `--engine auto` means for a guest of `arch`: the first engine that can run it here. nullptr when none can; `why`
// says what is wrong with each that was passed over.
struct EngineChoice {
  const EngineKind* kind = nullptr;
  std::string why;
};
[[nodiscard]] EngineChoice choose_engine(Arch arch);

}  // namespace baryon::host
