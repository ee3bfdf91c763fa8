// Memory management: start-up.
//
// Lock order of the module: AddressSpace::lock_ → PageStore::lock_ → heap class locks → page allocator
// lock. None is held while a MemoryObject is asked for a page or while user memory is touched.
#pragma once

#include "kernel/abi/boot_page.hpp"

namespace baryon::mm {

// Direct map, page allocator, kernel page-table root, page policy. After it `new (std::nothrow)` works.
void init(const abi::BootPage& boot);

}  // namespace baryon::mm
