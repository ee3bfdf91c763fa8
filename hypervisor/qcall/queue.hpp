// The host's view of one QCall queue. Ring positions that the host owns live here; the guest's copies of them are
// written for its information and never read back.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <optional>

#include "kernel/abi/qcall.hpp"

namespace baryon::host {

class Queue {
 public:
  explicit Queue(abi::QCallQueue& shared) : shared_(&shared) {}
  Queue(Queue&& other) noexcept
      : shared_(other.shared_), consumed_(other.consumed_.load()), produced_(other.produced_) {}
  Queue& operator=(Queue&&) = delete;

  // Whether the guest has published a submission that take() has not seen. Any thread. `order`: seq_cst for the
  // re-check after announcing sleep.
  [[nodiscard]] bool pending(std::memory_order order = std::memory_order_relaxed) const noexcept {
    return abi::RingTail::of(shared_->sq.tail.load(order)).position != consumed_.load(std::memory_order_relaxed);
  }

  // The rest: under the server's mutex.

  // The next submitted slot number, if there is one; the error is what the guest has done wrong. The number is below
  // kQueueSlots; whether the slot is free is the caller's check.
  [[nodiscard]] std::expected<std::optional<std::uint16_t>, const char*> take() noexcept {
    const std::uint32_t head = consumed_.load(std::memory_order_relaxed);
    const abi::RingTail tail = abi::RingTail::of(shared_->sq.tail.load(std::memory_order_acquire));
    const std::uint32_t available = tail.position - head;
    if (available == 0) return std::nullopt;
    if (available > abi::kQueueSlots) return std::unexpected("QCall submission ring overrun");
    const std::uint16_t slot =
        available == 1 ? tail.newest
                       : *const_cast<const volatile std::uint16_t*>(&shared_->sq.slot[head % abi::kQueueSlots]);
    if (slot >= abi::kQueueSlots) return std::unexpected("QCall slot number out of range");
    consumed_.store(head + 1, std::memory_order_relaxed);
    shared_->sq.head.store(head + 1, std::memory_order_release);
    return slot;
  }

  [[nodiscard]] const abi::QCallDescriptor& descriptor(std::uint16_t slot) const noexcept {
    return shared_->slots[slot];
  }

  // Publishes `result` of `slot`. The completion ring has as many places as there are slots, so an honest guest never
  // sees an entry overwritten.
  void complete(std::uint16_t slot, std::int64_t result) noexcept {
    *const_cast<volatile std::int64_t*>(&shared_->slots[slot].result) = result;
    *const_cast<volatile std::uint16_t*>(&shared_->cq.slot[produced_ % abi::kQueueSlots]) = slot;
    shared_->cq.tail.store(abi::RingTail{++produced_, slot}.word(), std::memory_order_release);
  }

 private:
  abi::QCallQueue* shared_;
  std::atomic<std::uint32_t> consumed_{0};  // read by anyone in pending()
  std::uint32_t produced_ = 0;
};

}  // namespace baryon::host
