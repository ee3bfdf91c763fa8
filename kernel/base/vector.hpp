// Growable array whose growth can fail. Elements are moved when it grows: keep no pointers into it.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <utility>

#include "kernel/base/heap.hpp"

namespace baryon {

template <class T>
class Vector {
 public:
  constexpr Vector() = default;
  Vector(Vector&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Vector& operator=(Vector&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Vector() {
    clear();
    heap_free(data_);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) {
    DEBUG_ENSURE(i < size_);
    return data_[i];
  }
  const T& operator[](std::size_t i) const {
    DEBUG_ENSURE(i < size_);
    return data_[i];
  }
  T& back() { return (*this)[size_ - 1]; }
  std::span<T> span() { return {data_, size_}; }

  // After failure nothing has changed.
  Result<void> reserve(std::size_t capacity) {
    if (capacity <= capacity_) return {};
    if (capacity > (std::size_t{1} << 40) / sizeof(T)) return Errno::nomem;
    T* grown = static_cast<T*>(heap_allocate(capacity * sizeof(T)));
    if (!grown) return Errno::nomem;
    for (std::size_t i = 0; i < size_; ++i) {
      new (&grown[i]) T(std::move(data_[i]));
      data_[i].~T();
    }
    heap_free(data_);
    data_ = grown;
    capacity_ = capacity;
    return {};
  }
  Result<void> push_back(T value) {
    if (size_ == capacity_) TRY(reserve(capacity_ ? capacity_ * 2 : 4));
    new (&data_[size_++]) T(std::move(value));
    return {};
  }
  // New elements are value-initialised.
  Result<void> resize(std::size_t size) {
    if (size > capacity_) TRY(reserve(size));
    while (size_ < size) new (&data_[size_++]) T();
    while (size_ > size) data_[--size_].~T();
    return {};
  }
  void pop_back() { data_[--size_].~T(); }
  // Keeps the order of the rest.
  void erase(std::size_t index) {
    for (std::size_t i = index + 1; i < size_; ++i) data_[i - 1] = std::move(data_[i]);
    pop_back();
  }
  void clear() {
    while (size_ > 0) pop_back();
  }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace baryon
