#include "hypervisor/arch/api/guest_arch.hpp"

#include "hypervisor/arch/aarch64/cpu_tables.hpp"
#include "hypervisor/arch/aarch64/layout.hpp"
#include "hypervisor/arch/aarch64/page_tables.hpp"

namespace baryon::host::arch::aarch64 {

namespace {

struct ArmGuest final : GuestArch {
  constexpr ArmGuest()
      : GuestArch({.id = Arch::aarch64,
                   .name = "aarch64",
                   .elf_machine = kElfMachine,
                   .ram_base = kRamBase,
                   .max_ram = kMaxRam,
                   .map_limit = kMapLimit,
                   .shared_table_bytes = kSharedTableBytes,
                   .vcpu_area_bytes = kVcpuAreaBytes}) {}

  [[nodiscard]] bool valid_direct_map_base(std::uint64_t base) const override {
    return aarch64::valid_direct_map_base(base);
  }
  [[nodiscard]] abi::Gpa doorbell_gpa(std::uint64_t ram_size) const override { return aarch64::doorbell_gpa(ram_size); }

  [[nodiscard]] std::vector<EntryPoint> entry_points(const abi::KernelHeader& header) const override {
    constexpr std::uint64_t kInstruction = 4, kVectorAlignment = 2048;
    return {{"boot entry", header.boot_entry, kInstruction, kInstruction},
            {"secondary entry", header.secondary_entry, kInstruction, kInstruction},
            {"vectors", header.vectors_split, abi::aarch64::kVectorTableBytes, kVectorAlignment}};
  }

  [[nodiscard]] std::uint64_t page_table_bytes(const PageTableRequest& request) const override {
    return aarch64::page_table_bytes(request);
  }
  Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables,
                                   const PageTableRequest& request) const override {
    return aarch64::build_page_tables(memory, tables, request);
  }
  [[nodiscard]] Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va) const override {
    return aarch64::translate(memory, root, va);
  }
  Expected<void> write_shared_tables(const GuestMemory& memory, abi::Gpa tables, const abi::KernelHeader& header,
                                     abi::Privilege privilege) const override {
    return aarch64::write_shared_tables(memory, tables, header, privilege);
  }
  Expected<void> write_vcpu_area(const GuestMemory& memory, abi::Gpa area, std::uint64_t area_va,
                                 std::uint64_t trap_stack_top, abi::Privilege privilege) const override {
    return aarch64::write_vcpu_area(memory, area, area_va, trap_stack_top, privilege);
  }
};

constexpr ArmGuest kGuest;

}  // namespace

const GuestArch& guest_arch() { return kGuest; }

}  // namespace baryon::host::arch::aarch64
