// Which engine, privilege model and guest architecture go together in this version, whatever the host offers: what the
// engines say of themselves. The sandbox refuses what is not here, `baryon doctor` lists it.
#pragma once

#include <span>

#include "hypervisor/config/boot_options.hpp"

namespace baryon::host {

struct Combination {
  Engine engine;        // never auto_
  Privilege privilege;  // never auto_
  Arch arch;
};

// In the order of engines.def.
[[nodiscard]] std::span<const Combination> support_matrix();

// The row, or nullptr for a combination that does not exist (linked on aarch64).
[[nodiscard]] const Combination* find_combination(Engine engine, Privilege privilege, Arch arch);

}  // namespace baryon::host
