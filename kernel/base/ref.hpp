// Reference counting. An object starts with one reference, owned by its creator (adopt). Taking a
// reference from zero is a bug and stops the kernel; try_ref is for look-ups that may race with the last
// unref and are made under the lock that also covers removal from the index.
#pragma once

#include <atomic>
#include <type_traits>
#include <utility>

#include "kernel/base/panic.hpp"
#include "kernel/base/types.hpp"

namespace baryon {

class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  void ref() const {
    [[maybe_unused]] u32 old = count_.fetch_add(1, std::memory_order_relaxed);
    DEBUG_ENSURE(old != 0);
  }
  bool try_ref() const {
    u32 count = count_.load(std::memory_order_relaxed);
    while (count != 0)
      if (count_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) return true;
    return false;
  }
  // acq_rel: everything done through a reference happens before the destructor.
  void unref() const {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) const_cast<RefCounted*>(this)->last_unref();
  }
  u32 ref_count() const { return count_.load(std::memory_order_relaxed); }

 protected:
  virtual ~RefCounted() = default;
  virtual void last_unref() { delete this; }

 private:
  mutable std::atomic<u32> count_{1};
};

template <class T>
class Ref {
 public:
  constexpr Ref() = default;
  constexpr Ref(std::nullptr_t) {}
  explicit Ref(T* object) : object_(object) {
    if (object_) object_->ref();
  }
  explicit Ref(T& object) : Ref(&object) {}
  static Ref adopt(T* object) {
    Ref r;
    r.object_ = object;
    return r;
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
    requires std::is_convertible_v<U*, T*>
  Ref(Ref<U> other) : object_(other.leak()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_) object_->unref();
  }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref& other) const { return object_ == other.object_; }
  [[nodiscard]] T* leak() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

}  // namespace baryon
