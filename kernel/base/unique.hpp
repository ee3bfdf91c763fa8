// Sole ownership of a heap object.
#pragma once

#include <utility>

namespace baryon {

template <class T>
class Unique {
 public:
  constexpr Unique() = default;
  explicit Unique(T* object) : object_(object) {}
  Unique(Unique&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Unique& operator=(Unique&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Unique() { delete object_; }
  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  [[nodiscard]] T* leak() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

}  // namespace baryon
