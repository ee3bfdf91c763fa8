#include "kernel/sched/kernel_stack.hpp"

#include "kernel/base/heap.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::sched {
namespace {

constexpr u32 kCached = 16;
SpinLock cache_lock;
VirtAddr cache[kCached];
u32 cached = 0;

}  // namespace

Result<VirtAddr> allocate_stack() {
  VirtAddr stack = 0;
  {
    SpinGuard guard(cache_lock);
    if (cached != 0) stack = cache[--cached];
  }
  if (stack == 0) stack = reinterpret_cast<VirtAddr>(heap_allocate(kKernelStackSize));
  if (stack == 0) return Errno::nomem;
  *reinterpret_cast<u64*>(stack) = kStackCanary;
  return stack;
}

void free_stack(VirtAddr stack) {
  {
    SpinGuard guard(cache_lock);
    if (cached < kCached) {
      cache[cached++] = stack;
      return;
    }
  }
  heap_free(reinterpret_cast<void*>(stack));
}

}  // namespace baryon::sched
