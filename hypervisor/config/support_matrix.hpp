// Which engine, privilege model and guest architecture go together in this version, whatever the host offers.
// The sandbox refuses what is not here, `baryon doctor` lists it.
#pragma once

#include <span>
#include <string_view>

#include "hypervisor/config/boot_options.hpp"

namespace baryon::host {

struct Combination {
  Engine engine;        // never auto_
  Privilege privilege;  // never auto_
  Arch arch;
  bool implemented;
  std::string_view why_not;  // empty when implemented
};

[[nodiscard]] std::span<const Combination> support_matrix();

// The row, or nullptr for a combination that is not meant to exist (linked on aarch64).
[[nodiscard]] const Combination* find_combination(Engine engine, Privilege privilege, Arch arch);

}  // namespace baryon::host
