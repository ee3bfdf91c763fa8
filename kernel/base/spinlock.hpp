// Spin lock. Kernel code is not preemptible and an interrupt taken in kernel code only sets flags
// (arch/api/interrupts.hpp), so a holder never masks interrupts. Never block or touch user memory
// while holding one. Acquired by guards alone; data lives in SpinLocked<T> and is reached through with().
#pragma once

#include <atomic>
#include <utility>

#include "kernel/base/types.hpp"

#define BARYON_CAPABILITY(name) __attribute__((capability(name)))
#define BARYON_SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define BARYON_GUARDED_BY(lock) __attribute__((guarded_by(lock)))
#define BARYON_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define BARYON_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define BARYON_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))

namespace baryon {

class BARYON_CAPABILITY("spinlock") SpinLock {
 public:
  constexpr SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  void lock() BARYON_ACQUIRE() {
    while (word_.exchange(1, std::memory_order_acquire) != 0)
      while (word_.load(std::memory_order_relaxed) != 0) relax();
  }
  void unlock() BARYON_RELEASE() { word_.store(0, std::memory_order_release); }
  bool try_lock() __attribute__((try_acquire_capability(true))) {
    return word_.load(std::memory_order_relaxed) == 0 && word_.exchange(1, std::memory_order_acquire) == 0;
  }
  bool is_locked() const { return word_.load(std::memory_order_relaxed) != 0; }

 private:
  static void relax();  // the architecture's (cpu.cpp): PAUSE / YIELD
  std::atomic<u32> word_{0};
};

class BARYON_SCOPED_CAPABILITY SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) BARYON_ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
  ~SpinGuard() BARYON_RELEASE() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

template <class T>
class SpinLocked {
 public:
  constexpr SpinLocked() = default;
  template <class... Args>
  constexpr explicit SpinLocked(Args&&... args) : data_(std::forward<Args>(args)...) {}

  template <class F>
  decltype(auto) with(F&& f) {
    SpinGuard guard(lock_);
    return std::forward<F>(f)(data_);
  }

 private:
  SpinLock lock_;
  T data_{};
};

}  // namespace baryon
