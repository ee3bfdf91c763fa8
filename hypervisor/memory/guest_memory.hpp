// Guest RAM as the host sees it: one mapping, guest-physical address = start() + offset.
//
// Everything in it is the guest's to change at any moment, while the host reads it. Hence the rule for every user:
// copy what you need once into host memory, validate the copy, use only the copy.
//
// Ownership: the object owns the mapping; pointers from at() are valid until it is destroyed. Thread-safe after
// create(): nothing in the object itself changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "hypervisor/support/error.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host {

class GuestMemory {
 public:
  // Private anonymous memory, zero, not reserved: host pages appear as the guest touches them, 2 MiB at a time where
  // the host allows it. `size` is in bytes, a multiple of abi::kPageSize, not 0.
  // `start` is its guest-physical address, 2 MiB aligned (GuestArch::ram_base).
  static Expected<GuestMemory> create(std::uint64_t size, abi::Gpa start = 0);

  // The same in a file without a name (memfd_create(2)), for an engine that is another process. The file's size is
  // rounded up to kSharedUnit; the guest is not told of the excess.
  static Expected<GuestMemory> create_shared(std::uint64_t size, abi::Gpa start = 0);
  static constexpr std::uint64_t kSharedUnit = 8192;  // QEMU rounds RAM sizes to it

  // Of create_shared(): the file; -1 otherwise.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  GuestMemory(GuestMemory&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        start_(other.start_),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  GuestMemory& operator=(GuestMemory&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(size_, other.size_);
    std::swap(start_, other.start_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  GuestMemory(const GuestMemory&) = delete;
  GuestMemory& operator=(const GuestMemory&) = delete;
  ~GuestMemory();

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] abi::Gpa start() const noexcept { return start_; }
  [[nodiscard]] abi::Gpa end() const noexcept { return start_ + size_; }
  [[nodiscard]] std::byte* base() const noexcept { return base_; }

  // True when [gpa, gpa + length) lies wholly inside RAM. Overflow-safe; an empty range may start at end().
  [[nodiscard]] bool contains(abi::Gpa gpa, std::uint64_t length) const noexcept {
    // Below start() the offset wraps to more than any size.
    const std::uint64_t offset = gpa - start_;
    return offset <= size_ && length <= size_ - offset;
  }

  // The host's address of [gpa, gpa + length), nullptr unless the range is wholly inside RAM.
  [[nodiscard]] std::byte* at(abi::Gpa gpa, std::uint64_t length) const noexcept {
    return contains(gpa, length) ? base_ + (gpa - start_) : nullptr;
  }

  // A T of the contract in guest memory; nullptr when it is outside RAM or misaligned.
  template <class T>
  [[nodiscard]] T* object(abi::Gpa gpa) const noexcept {
    return array<T>(gpa, 1);
  }
  template <class T>
  [[nodiscard]] T* array(abi::Gpa gpa, std::uint64_t count) const noexcept {
    if (gpa % alignof(T) != 0 || count > size_ / sizeof(T) || !contains(gpa, count * sizeof(T))) return nullptr;
    return reinterpret_cast<T*>(base_ + (gpa - start_));
  }

  // Gives the host pages of a range back; it reads as zero afterwards. False when the range is not page aligned, is
  // not inside RAM, or the host refuses. Threads that use the range meanwhile see old bytes or zeros.
  [[nodiscard]] bool release(abi::Gpa gpa, std::uint64_t length) const noexcept;

 private:
  GuestMemory(std::byte* base, std::uint64_t size, abi::Gpa start, int descriptor)
      : base_(base), size_(size), start_(start), descriptor_(descriptor) {}
  static Expected<GuestMemory> map(std::uint64_t size, abi::Gpa start, int descriptor);

  std::byte* base_ = nullptr;
  std::uint64_t size_ = 0;
  abi::Gpa start_ = 0;
  int descriptor_ = -1;
};

}  // namespace baryon::host
