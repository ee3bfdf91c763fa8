#include "kernel/mm/mm.hpp"

#include "kernel/arch/api/paging.hpp"
#include "kernel/base/log.hpp"
#include "kernel/mm/address_space.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/ready_memory.hpp"

namespace baryon::mm {

void init(const abi::BootPage& boot) {
  direct_map_base = boot.direct_map_base;
  page_allocator_init(boot.ranges, boot.range_count, boot.free_start, boot.spare);
  if (boot.ready_units != 0) set_ready_memory(u64{boot.ready_units} * abi::kLargePageSize);
  if ((boot.machine_flags & abi::kMachineKeepsTranslations) != 0) page_track_code();
  arch::PageTable::set_kernel_root(boot.page_table_root);
  set_page_policy(boot.page_policy);
  log_debug("mm: %llu MiB of memory, page policy %s", static_cast<unsigned long long>(memory_statistics().total >> 8),
            boot.page_policy == abi::PagePolicy::eager ? "eager" : "demand");
}

}  // namespace baryon::mm
