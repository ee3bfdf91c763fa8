// The one place that knows every engine by name.
#pragma once

#include <memory>
#include <span>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/engine/engine.hpp"
#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/sandbox/clock.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

// What an engine asks for before guest memory is laid out.
struct EnginePlan {
  PlatformNeeds needs;
  bool shared_memory = false;  // GuestMemory::create_shared()
  bool meets_guest = false;    // the guest's counter is not the host's: GuestClock::meet_guest() instead of start()
  GuestCounter counter;
};
[[nodiscard]] EnginePlan plan_engine(Engine engine, Arch arch);

// `states`: every vCPU's. From the thread that will run vCPU 0.
Expected<std::unique_ptr<GuestEngine>> make_engine(Engine engine, const GuestMemory& memory, const BootLayout& layout,
                                                   abi::Privilege privilege, std::span<const arch::FirstState> states);

}  // namespace baryon::host
