// How a spinning CPU tells the core about it.
#include "kernel/base/spinlock.hpp"

namespace baryon {

#if __has_builtin(__builtin_ia32_pause)
void SpinLock::relax() { __builtin_ia32_pause(); }
#else
void SpinLock::relax() { __builtin_arm_yield(); }
#endif

}  // namespace baryon
