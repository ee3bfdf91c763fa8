// What executes guest instructions, seen from the sandbox.
//
// An engine knows vCPUs, their first registers, doorbells and interrupts. It does not know what a doorbell means, when
// a vCPU sleeps, or why a sandbox ends: it tells the VcpuEvents, on the thread of the vCPU concerned.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "hypervisor/arch/api/first_state.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/doorbell.hpp"

namespace baryon::host {

// Implemented by the sandbox. Calls that name a vCPU come on the thread that runs it.
struct VcpuEvents {
  virtual ~VcpuEvents() = default;
  // The vCPU has nothing to do. Returns when it shall go on (or GuestEngine::stop() was called).
  virtual void halted(std::uint32_t vcpu) = 0;
  // A doorbell was stored to that no descriptor is attached to. `offset` is the guest's and may name no doorbell.
  virtual void doorbell(std::uint32_t vcpu, std::uint32_t offset, std::uint32_t value) = 0;
};

// Exits of one vCPU by reason, for --stats. Written by the vCPU's thread alone.
struct VcpuCounters {
  std::uint64_t runs = 0;  // entries into the guest
  std::uint64_t halts = 0;
  std::uint64_t doorbells = 0;  // that came as exits
  std::uint64_t kicks = 0;      // exits because the host wanted the vCPU's attention
  std::uint64_t windows = 0;    // exits because interrupts became possible
  std::uint64_t injected = 0;   // interrupts delivered
  std::uint64_t deferred = 0;   // interrupts left pending as the guest had masked them
};

class GuestEngine {
 public:
  virtual ~GuestEngine() = default;

  // Makes vCPU `index`, ready to run from `first`, which the engine turns into registers. From any thread, one call per
  // index.
  virtual Expected<void> create_vcpu(std::uint32_t index, const arch::FirstState& first) = 0;

  // Runs a created vCPU on the calling thread until stop() (success) or until it cannot go on: triple fault, an exit
  // nobody expects, a store outside memory. The error then holds the registers. One thread per vCPU.
  virtual Expected<void> run_vcpu(std::uint32_t index, VcpuEvents& events) = 0;

  // Delivers the event interrupt to a vCPU soon: now if the guest allows it, as VcpuPage::interrupt_pending if it has
  // interrupts masked. Any thread. Nothing happens to a vCPU that was not created.
  virtual void interrupt(std::uint32_t index) = 0;

  // Makes every run_vcpu() return soon. Any thread; permanent. A thread inside VcpuEvents has to be woken by whoever
  // made it wait.
  virtual void stop() = 0;

  // The rate of the guest's counter as the engine knows it, in kHz; 0 if it does not say.
  [[nodiscard]] virtual std::uint64_t counter_khz() const { return 0; }

  // A descriptor that becomes readable when the engine can run nothing any more: VcpuEvents::halted() returns then, and
  // run_vcpu() says why. -1: that cannot happen.
  [[nodiscard]] virtual int failure_descriptor() const { return -1; }

  // Whether doorbells had best be attached before the first run_vcpu(): all of them become descriptors anyway.
  [[nodiscard]] virtual bool attaches_early() const { return false; }

  // From now on a store to `which` (of `value`, if given) makes `eventfd` readable instead of an event. Any
  // thread, once each.
  virtual Expected<void> attach_doorbell(abi::Doorbell which, std::optional<std::uint32_t> value, int eventfd) = 0;

  // Has RAM up to guest-physical `end` at least; where it is not all there from the start
  // (PlatformNeeds::ram_on_demand). Any thread; `end` may lie outside RAM, which is refused.
  virtual Expected<void> provide_memory(std::uint64_t end) {
    static_cast<void>(end);
    return {};
  }

  // Only when the vCPU's thread has ended.
  [[nodiscard]] virtual VcpuCounters counters(std::uint32_t index) const = 0;
};

}  // namespace baryon::host
