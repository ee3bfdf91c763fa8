#include "hypervisor/arch/api/guest_arch.hpp"

#include "hypervisor/arch/x86_64/cpu_tables.hpp"
#include "hypervisor/arch/x86_64/layout.hpp"
#include "hypervisor/arch/x86_64/page_tables.hpp"

namespace baryon::host::arch::x86_64 {

namespace {

struct X86Guest final : GuestArch {
  constexpr X86Guest()
      : GuestArch({.id = Arch::x86_64,
                   .name = "x86_64",
                   .elf_machine = kElfMachine,
                   .ram_base = kRamBase,
                   .max_ram = kMaxRam,
                   .map_limit = kMapLimit,
                   .shared_table_bytes = kSharedTableBytes,
                   .vcpu_area_bytes = kVcpuAreaBytes}) {}

  [[nodiscard]] bool valid_direct_map_base(std::uint64_t base) const override {
    return x86_64::valid_direct_map_base(base);
  }
  [[nodiscard]] abi::Gpa doorbell_gpa(std::uint64_t ram_size) const override { return x86_64::doorbell_gpa(ram_size); }

  [[nodiscard]] std::vector<EntryPoint> entry_points(const abi::KernelHeader& header) const override {
    constexpr std::uint64_t kVectorBytes = 256 * abi::kVectorStride;
    return {{"boot entry", header.boot_entry, 1, 1},
            {"secondary entry", header.secondary_entry, 1, 1},
            {"linked system call entry", header.syscall_linked, 1, 1},
            {"split system call entry", header.syscall_split, 1, 1},
            {"linked vectors", header.vectors_linked, kVectorBytes, 1},
            {"split vectors", header.vectors_split, kVectorBytes, 1}};
  }

  [[nodiscard]] std::uint64_t page_table_bytes(const PageTableRequest& request) const override {
    return x86_64::page_table_bytes(request);
  }
  Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables,
                                   const PageTableRequest& request) const override {
    return x86_64::build_page_tables(memory, tables, request);
  }
  [[nodiscard]] Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va) const override {
    return x86_64::translate(memory, root, va);
  }
  Expected<void> write_shared_tables(const GuestMemory& memory, abi::Gpa tables, const abi::KernelHeader& header,
                                     abi::Privilege privilege) const override {
    return x86_64::write_shared_tables(memory, tables, header, privilege);
  }
  Expected<void> write_vcpu_area(const GuestMemory& memory, abi::Gpa area, std::uint64_t area_va,
                                 std::uint64_t trap_stack_top, abi::Privilege privilege) const override {
    return x86_64::write_vcpu_area(memory, area, area_va, trap_stack_top, privilege);
  }
};

constexpr X86Guest kGuest;

}  // namespace

const GuestArch& guest_arch() { return kGuest; }

}  // namespace baryon::host::arch::x86_64
