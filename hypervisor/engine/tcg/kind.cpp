// QEMU's translator as an engine: wherever there is a QEMU for the guest's architecture.
#include "hypervisor/engine/kind.hpp"

#include "hypervisor/arch/api/guest_arch.hpp"
#include "hypervisor/engine/tcg/board.hpp"
#include "hypervisor/engine/tcg/qemu_process.hpp"
#include "hypervisor/engine/tcg/vm.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::tcg {

namespace {

constexpr Combination kRows[] = {
    {Engine::tcg, Privilege::linked, Arch::x86_64},
    {Engine::tcg, Privilege::split, Arch::x86_64},
    {Engine::tcg, Privilege::split, Arch::aarch64},
};

class Kind final : public EngineKind {
 public:
  [[nodiscard]] Engine id() const override { return Engine::tcg; }
  [[nodiscard]] std::span<const Combination> combinations() const override { return kRows; }

  [[nodiscard]] Availability availability(const Combination& row) const override {
    const auto found = find_qemu(board_of(row.arch).qemu);
    if (!found) return {false, fmt::format("{} ({})", found.error().what, found.error().hint)};
    return {true, *found + " is there"};
  }

  // QEMU executes CPL 0 code as fast as any other.
  [[nodiscard]] PrivilegeAdvice advise(Arch) const override {
    return {.privilege = Privilege::split, .syscall_reaches_cpl0 = true, .why = {}};
  }

  [[nodiscard]] EnginePlan plan(Arch arch) const override {
    const Board& board = board_of(arch);
    return {.needs = board.needs,
            .shared_memory = true,
            .meets_guest = true,
            .in_this_process = false,
            .counter = board.counter,
            .guest_flags = abi::kMachineKeepsTranslations};
  }

  Expected<std::unique_ptr<GuestEngine>> create(const EngineConfig& config) const override {
    return BARYON_TRY(Vm::create(config.layout.arch->id, config.memory, config.layout, config.states));
  }
};

}  // namespace

const EngineKind& kind() {
  static const Kind kKind;
  return kKind;
}

}  // namespace baryon::host::tcg
