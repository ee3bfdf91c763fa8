#include "hypervisor/engine/list/support_matrix.hpp"

#include <vector>

#include "hypervisor/engine/kind.hpp"

namespace baryon::host {

std::span<const Combination> support_matrix() {
  static const std::vector<Combination> matrix = [] {
    std::vector<Combination> all;
    for (const EngineKind* const kind : engine_kinds())
      all.insert(all.end(), kind->combinations().begin(), kind->combinations().end());
    return all;
  }();
  return matrix;
}

const Combination* find_combination(Engine engine, Privilege privilege, Arch arch) {
  for (const Combination& row : support_matrix())
    if (row.engine == engine && row.privilege == privilege && row.arch == arch) return &row;
  return nullptr;
}

}  // namespace baryon::host
