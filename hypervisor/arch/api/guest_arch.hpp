// A guest architecture, as loader, sandbox and engines see it: a property of each sandbox, not of the build. Both
// implementations are in every binary; they are stateless.
//
// Registers are not in here: what they are called and how they are loaded is between arch/<architecture>/regs.hpp and
// the engines that run that architecture.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "hypervisor/arch/api/page_tables.hpp"
#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/kernel_header.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host::arch {

// A guest-virtual range that must lie inside the kernel image.
struct EntryPoint {
  const char* name;
  std::uint64_t address;
  std::uint64_t bytes;
  std::uint64_t alignment;
};

class GuestArch {
 public:
  virtual ~GuestArch() = default;

  // --- facts ---
  const Arch id;
  const std::string_view name;             // as in file names: kernel-<name>.elf
  const std::uint32_t elf_machine;         // e_machine
  const abi::Gpa ram_base;                 // where RAM begins
  const std::uint64_t max_ram;             // bytes; leaves room for the doorbell in the direct map
  const std::uint64_t map_limit;           // end of what a direct map can reach, guest-physical
  const std::uint64_t shared_table_bytes;  // CPU tables that all vCPUs share; may be 0
  const std::uint64_t vcpu_area_bytes;     // CPU tables of each vCPU, a page multiple; may be 0

  [[nodiscard]] virtual bool valid_direct_map_base(std::uint64_t base) const = 0;

  // The page that doorbells are stored to, unless the engine has another place for it. Outside RAM.
  [[nodiscard]] virtual abi::Gpa doorbell_gpa(std::uint64_t ram_size) const = 0;

  // What of the kernel's header the CPU is led to.
  [[nodiscard]] virtual std::vector<EntryPoint> entry_points(const abi::KernelHeader& header) const = 0;

  // --- tables in guest memory that still reads as zero ---
  // Bytes that build_page_tables() needs, a page multiple.
  [[nodiscard]] virtual std::uint64_t page_table_bytes(const PageTableRequest& request) const = 0;

  // Writes the tables at `tables` (page aligned, page_table_bytes() long, inside RAM). The kernel's root is the first
  // page.
  virtual Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables,
                                           const PageTableRequest& request) const = 0;

  // What a walk of `root` finds for `va`, a kernel address. Tolerates any content of the tables.
  [[nodiscard]] virtual Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va) const = 0;

  // Descriptor tables and the like. `area_va` is the guest-virtual address of `area`.
  virtual Expected<void> write_shared_tables(const GuestMemory& memory, abi::Gpa tables,
                                             const abi::KernelHeader& header, abi::Privilege privilege) const = 0;
  virtual Expected<void> write_vcpu_area(const GuestMemory& memory, abi::Gpa area, std::uint64_t area_va,
                                         std::uint64_t trap_stack_top, abi::Privilege privilege) const = 0;

 protected:
  struct Facts {
    Arch id;
    std::string_view name;
    std::uint32_t elf_machine;
    abi::Gpa ram_base;
    std::uint64_t max_ram, map_limit, shared_table_bytes, vcpu_area_bytes;
  };
  explicit constexpr GuestArch(const Facts& facts)
      : id(facts.id),
        name(facts.name),
        elf_machine(facts.elf_machine),
        ram_base(facts.ram_base),
        max_ram(facts.max_ram),
        map_limit(facts.map_limit),
        shared_table_bytes(facts.shared_table_bytes),
        vcpu_area_bytes(facts.vcpu_area_bytes) {}
};

[[nodiscard]] const GuestArch& guest_arch(Arch arch);

// The architecture of an ELF file's e_machine; nullptr if it is none of ours.
[[nodiscard]] const GuestArch* guest_arch_of_machine(std::uint32_t elf_machine);

namespace x86_64 {
[[nodiscard]] const GuestArch& guest_arch();
}
namespace aarch64 {
[[nodiscard]] const GuestArch& guest_arch();
}

}  // namespace baryon::host::arch
