// Where everything that the host places lies in guest memory.
//
//   RAM base  the first page stays empty: on x86-64 a zero Gpa is never valid
//   below the image, if there is room: what fits
//   image ... kernel, BSS
//   then .... the rest; free_start
//
// Small and hot structures come first, packed: with image and tables they share the first 2 MiB, i.e. one large host
// page and one entry of the TLB.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hypervisor/loader/kernel_image.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/types.hpp"
#include "kernel/abi/vcpu_page.hpp"

namespace baryon::host {

// The least that the guest kernel is given besides what the host places; below, it cannot run any program.
inline constexpr std::uint64_t kMinFreeMemory = 1u << 20;

// What an engine's machine asks of the guest-physical address space.
struct PlatformNeeds {
  std::vector<arch::MappedRange> mapped;  // in the direct map besides RAM and the doorbell
  abi::MemoryRange reserved = {};         // RAM below the image that the machine overlays or overwrites
  std::uint32_t max_vcpus = abi::kMaxVcpus;
  std::uint64_t max_ram = ~std::uint64_t{0};  // bytes
  bool ram_on_demand = false;  // the engine provides most of it when the guest asks (abi::Doorbell::memory)
  abi::Devices devices = {};   // for the boot page
};

struct BootLayout {
  const arch::GuestArch* arch;
  abi::Gpa ram_base;
  std::uint64_t ram_size;
  std::uint64_t direct_map_base;
  abi::Gpa doorbell;
  std::uint32_t vcpus;
  std::vector<arch::MappedRange> mapped;  // outside RAM; the doorbell's page and what the engine wants
  abi::Devices devices;

  // Page aligned all. Arrays have one element per vCPU.
  abi::Gpa page_tables, shared_tables, boot_page, clock, sandbox, control;
  abi::Gpa vcpu_pages, vcpu_areas, queues, stats;
  abi::Gpa stacks;  // two of abi::kBootStackSize each
  abi::Gpa log_ring;
  abi::Gpa sockets;
  abi::Gpa strings;
  abi::Gpa free_start;
  abi::Gpa ready_end;      // where the RAM ends that the engine provides from the start
  abi::MemoryRange spare;  // left free below the image; may be empty

  [[nodiscard]] abi::Gpa ram_end() const { return ram_base + ram_size; }
  [[nodiscard]] std::uint64_t va(abi::Gpa gpa) const { return direct_map_base + gpa; }
  [[nodiscard]] abi::Gpa vcpu_page(std::uint32_t n) const { return vcpu_pages + n * abi::kPageSize; }
  [[nodiscard]] abi::Gpa vcpu_area(std::uint32_t n) const { return vcpu_areas + n * arch->vcpu_area_bytes; }
  [[nodiscard]] abi::Gpa stack_top(std::uint32_t n) const { return stacks + (2 * n + 1) * abi::kBootStackSize; }
  [[nodiscard]] arch::PageTableRequest page_table_request(abi::Privilege privilege) const {
    return {.ram_size = ram_size, .direct_map_base = direct_map_base, .privilege = privilege, .extra = mapped};
  }
  [[nodiscard]] abi::Gpa trap_stack_top(std::uint32_t n) const { return stacks + (2 * n + 2) * abi::kBootStackSize; }
};

// `ram_size`: bytes, page aligned; vcpus 1..abi::kMaxVcpus; `string_bytes`: of all string tables. Refuses RAM that
// is too small (saying how much it takes) or too large for the architecture.
// `platform`: what the engine's machine asks for.
Expected<BootLayout> plan_boot(const KernelImage& image, std::uint64_t ram_size, std::uint32_t vcpus,
                               std::uint64_t string_bytes, const PlatformNeeds& platform = {});

}  // namespace baryon::host
