// Guard of an address space's lock. Its holder shoots down translations and waits for every vCPU that runs
// the address space; a vCPU that waits for the lock in the kernel takes no interrupt, so it must serve the
// request itself or both wait forever.
#pragma once

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/spinlock.hpp"

namespace baryon::mm {

class BARYON_SCOPED_CAPABILITY SpaceGuard {
 public:
  explicit SpaceGuard(SpinLock& lock) BARYON_ACQUIRE(lock) __attribute__((no_thread_safety_analysis)) : lock_(lock) {
    while (!lock_.try_lock()) {
      arch::serve_shoot_down();
      arch::relax();
    }
  }
  ~SpaceGuard() BARYON_RELEASE() __attribute__((no_thread_safety_analysis)) { lock_.unlock(); }
  SpaceGuard(const SpaceGuard&) = delete;
  SpaceGuard& operator=(const SpaceGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace baryon::mm
