#include "hypervisor/engine/kind.hpp"

#include "hypervisor/config/option_table.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host {

#define BARYON_ENGINE(name) \
  namespace name {          \
  const EngineKind& kind(); \
  }
#include "hypervisor/engine/list/engines.def"

std::span<const EngineKind* const> engine_kinds() {
  static const EngineKind* const kinds[] = {
#define BARYON_ENGINE(name) &name::kind(),
#include "hypervisor/engine/list/engines.def"
  };
  return kinds;
}

const EngineKind& engine_kind(Engine engine) {
  for (const EngineKind* const kind : engine_kinds())
    if (kind->id() == engine) return *kind;
  __builtin_unreachable();  // engines.def makes the enumeration and the list
}

EngineChoice choose_engine(Arch arch) {
  EngineChoice choice;
  for (const EngineKind* const kind : engine_kinds()) {
    std::string why_not;
    for (const Combination& row : kind->combinations()) {
      if (row.arch != arch) continue;
      Availability found = kind->availability(row);
      if (found.usable) {
        choice.kind = kind;
        choice.why += found.reason;
        return choice;
      }
      why_not = std::move(found.reason);
    }
    if (why_not.empty()) why_not = fmt::format("does not run {}", to_string(arch));
    choice.why += fmt::format("{}: {}; ", to_string(kind->id()), why_not);
  }
  if (choice.why.ends_with("; ")) choice.why.resize(choice.why.size() - 2);
  return choice;
}

}  // namespace baryon::host
