// Frames that the machine provides when they are asked for (abi::Doorbell::memory).
#pragma once

#include "kernel/mm/page.hpp"

namespace baryon::mm {

// The page allocator asks for memory from `end` on before it hands it out. Once, after page_allocator_init(), which
// takes all memory for ready.
void set_ready_memory(PhysAddr end);

}  // namespace baryon::mm
