// One vCPU of KVM: its descriptor, its shared kvm_run page and the loop around KVM_RUN.
//
// Requests from other threads follow one protocol. The requester sets a bit in `requests_`, then looks at
// `in_guest_`; the vCPU's thread sets `in_guest_`, then looks at `requests_`; both sequentially consistent, so that at
// least one sees the other. A requester that sees `in_guest_` sets kvm_run::immediate_exit and sends the kick signal:
// the flag catches a thread that is on its way into KVM_RUN, the signal one that is inside. A kick too many costs one
// EINTR and nothing else.
#pragma once

#include <linux/kvm.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <kvm_arch/event_interrupt.hpp>

#include "hypervisor/engine/engine.hpp"
#include "hypervisor/engine/kvm/descriptor.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/vcpu_page.hpp"

namespace baryon::host::kvm {

class Vcpu {
 public:
  struct Config {
    std::uint32_t index;
    std::size_t run_size;
    abi::VcpuPage* page;  // in guest memory: hostile
    abi::Gpa doorbell;    // the doorbell page
    bool linked;          // privilege model
  };

  // Loads nothing yet. Installs the (process-wide, empty) handler of the kick signal.
  // `vm` outlives it.
  static Expected<std::unique_ptr<Vcpu>> create(const Descriptor& vm, const Config& config);
  ~Vcpu();
  Vcpu(const Vcpu&) = delete;
  Vcpu& operator=(const Vcpu&) = delete;

  [[nodiscard]] const Descriptor& descriptor() const { return descriptor_; }

  // Until request_stop() or an exit that cannot be handled. Unblocks the kick signal in the calling thread.
  Expected<void> run(VcpuEvents& events);

  // Any thread.
  void request_interrupt() noexcept { request(kInterrupt); }
  void request_stop() noexcept { request(kStop); }

  [[nodiscard]] const VcpuCounters& counters() const { return counters_; }

 private:
  enum Request : std::uint32_t { kInterrupt = 1, kStop = 2 };

  Vcpu(const Descriptor& vm, Descriptor descriptor, kvm_run* run, const Config& config)
      : descriptor_(std::move(descriptor)),
        run_(run),
        config_(config),
        interrupt_({.vm = vm, .vcpu = descriptor_, .run = run, .index = config.index, .linked = config.linked}) {}

  void request(Request what) noexcept;
  Expected<void> deliver_interrupt();
  Expected<void> handle_exit(VcpuEvents& events);
  Expected<void> handle_store(VcpuEvents& events);
  [[nodiscard]] std::unexpected<Error> broken(std::string what) const;

  Descriptor descriptor_;
  kvm_run* run_;
  Config config_;
  EventInterrupt interrupt_;
  VcpuCounters counters_;
  bool interrupt_wanted_ = false;  // vCPU's thread only: asked for, not delivered yet

  std::atomic<std::uint32_t> requests_{0};
  std::atomic<bool> in_guest_{false};
  std::atomic<pid_t> thread_{0};  // set by run() before in_guest_
};

}  // namespace baryon::host::kvm
