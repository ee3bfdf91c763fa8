// For unit tests: what the kernel asked its machine for.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch::hosted {

extern u32 memory_asked_for;  // the last value of abi::Doorbell::memory

}  // namespace baryon::arch::hosted
