// Kernel stacks, with a small cache so that creating and joining threads costs no page work. Internal.
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/base/types.hpp"

namespace baryon::sched {

// kKernelStackSize bytes, page aligned, canary in place. The caller must not stand on a stack it frees.
Result<VirtAddr> allocate_stack();
void free_stack(VirtAddr stack);

}  // namespace baryon::sched
