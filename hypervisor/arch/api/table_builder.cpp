#include "hypervisor/arch/api/table_builder.hpp"

#include "hypervisor/arch/api/guest_arch.hpp"

namespace baryon::host::arch {

bool plausible(const GuestArch& arch, const GuestMemory& memory, abi::Gpa tables, std::uint64_t bytes,
               const PageTableRequest& request) {
  if (request.ram_size > arch.max_ram || request.ram_size % abi::kPageSize != 0 || tables % abi::kPageSize != 0 ||
      !arch.valid_direct_map_base(request.direct_map_base) || !memory.contains(tables, bytes))
    return false;
  for (const MappedRange& range : request.extra) {
    if (range.gpa % abi::kPageSize != 0 || range.size % abi::kPageSize != 0) return false;
    if (range.gpa > arch.map_limit || range.size > arch.map_limit - range.gpa) return false;
    const bool below = range.gpa + range.size <= arch.ram_base;
    const bool above = range.gpa >= arch.ram_base + request.ram_size;
    if (!below && !above) return false;
  }
  return true;
}

}  // namespace baryon::host::arch
