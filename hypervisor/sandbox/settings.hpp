// From what the user asked for to what the guest is told.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/loader/boot_page.hpp"
#include "hypervisor/qcall/server.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

// The engine and privilege model that a sandbox will have, `auto` resolved, and the reason in a sentence.
struct Choice {
  Engine engine;
  Privilege privilege;
  bool syscall_reaches_cpl0;  // FirstState
  std::string why;
};
Expected<Choice> choose(const BootOptions& options);

// That what --root and --bind name exists on the host and can be entered or read. An early, clear refusal; the server
// opens it again and has the last word.
[[nodiscard]] Expected<void> check_mounts(const BootOptions& options);

// Mounts as both sides need them: the server opens `host` in order, the guest finds each by its handle.
struct MountPlan {
  std::vector<HostMount> host;
  std::vector<GuestMount> guest;  // "/" first, then by depth, so that a mount point's parent is mounted before it
};
[[nodiscard]] MountPlan plan_mounts(const BootOptions& options);

// Everything in the boot page that follows from the options. `spinner`: the guest may spin for a completion.
[[nodiscard]] BootContents boot_contents(const BootOptions& options, Privilege privilege, std::uint32_t machine_flags,
                                         MountPlan& mounts, bool spinner, std::uint64_t start_counter);

}  // namespace baryon::host
