#include "hypervisor/sandbox/engines.hpp"

#include "hypervisor/arch/api/guest_arch.hpp"
#include "hypervisor/engine/kvm/vm.hpp"
#include "hypervisor/engine/tcg/board.hpp"
#include "hypervisor/engine/tcg/vm.hpp"

namespace baryon::host {

EnginePlan plan_engine(Engine engine, Arch arch) {
  if (engine != Engine::tcg) return {};
  const tcg::Board& board = tcg::board_of(arch);
  return {.needs = board.needs, .shared_memory = true, .meets_guest = true, .counter = board.counter};
}

Expected<std::unique_ptr<GuestEngine>> make_engine(Engine engine, const GuestMemory& memory, const BootLayout& layout,
                                                   abi::Privilege privilege, std::span<const arch::FirstState> states) {
  if (engine == Engine::tcg) return BARYON_TRY(tcg::Vm::create(layout.arch->id, memory, layout, states));
  std::unique_ptr<kvm::Vm> vm = BARYON_TRY(kvm::Vm::create(memory));
  vm->set_layout(layout, privilege);
  return vm;
}

}  // namespace baryon::host
