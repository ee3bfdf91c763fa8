// The serving core: queues, requests in flight, services. Everything in it is guarded by the server's mutex, but for
// any_pending().
//
// Two kinds of caller: the server thread, which also owns the io_uring, and vCPU threads that help. Both drain();
// what has to wait is put on a list that only the server thread takes over into the io_uring (hand_over).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hypervisor/qcall/io_ring.hpp"
#include "hypervisor/qcall/operation.hpp"
#include "hypervisor/qcall/queue.hpp"
#include "hypervisor/qcall/services.hpp"
#include "hypervisor/qcall/stats.hpp"

namespace baryon::host {

class Core {
 public:
  // `queues`: the guest's, `count` of them, abi::kQueueSize apart, inside RAM.
  Core(const GuestMemory& memory, VcpuControl& control, std::byte* queues, std::uint32_t count, abi::Gpa release_floor);

  [[nodiscard]] Services& services() noexcept { return services_; }
  [[nodiscard]] QCallStats& stats() noexcept { return stats_; }

  // Any thread, no lock.
  [[nodiscard]] bool any_pending(std::memory_order order) const noexcept;
  [[nodiscard]] bool pending(std::uint32_t queue, std::memory_order order) const noexcept {
    return lanes_[queue].queue.pending(order);
  }

  // Serves what queue `index` has submitted, one ring's worth at most. The number of requests taken.
  std::uint32_t drain(std::uint32_t index);

  // Publishes what has become of the readiness of sockets and tells the vCPUs concerned, except `looking`. True if
  // there was anything.
  bool tell_readiness(std::uint32_t looking = abi::kMaxVcpus);

  // Completions published so far in queue `index`.
  [[nodiscard]] std::uint64_t completed(std::uint32_t index) const noexcept { return lanes_[index].completed; }

  // The rest: server thread only.

  [[nodiscard]] bool has_waiting() const noexcept { return !waiting_.empty() || !cancels_.empty(); }
  void hand_over(IoRing& ring);
  void ring_completion(const RingCompletion& completion);

  // Serves nothing from now on and asks the io_uring to let go of everything.
  void abandon(IoRing& ring);

 private:
  // Tells the vCPUs whose sockets' readiness has been published since, except `looking`. True if there were any.
  bool tell_untold(std::uint32_t looking);
  struct Lane {
    explicit Lane(abi::QCallQueue& shared) : queue(shared) {}
    Queue queue;
    std::array<Operation, abi::kQueueSlots> operations;
    std::uint64_t completed = 0;
  };
  struct Place {
    std::uint8_t queue;
    std::uint8_t slot;
    std::uint32_t generation;
  };

  void submit(std::uint32_t queue, std::uint16_t slot);
  void settle(std::uint32_t queue, std::uint16_t slot, Operation& operation, const Outcome& outcome);
  void complete(std::uint32_t queue, std::uint16_t slot, std::int64_t result);
  std::int64_t cancel(std::uint32_t queue, std::uint64_t slot);
  void lied(const char* what);

  VcpuControl& control_;
  Services services_;
  std::vector<Lane> lanes_;
  std::vector<Place> waiting_;
  std::vector<Token> cancels_;
  QCallStats stats_;
  bool dead_ = false;
};

}  // namespace baryon::host
