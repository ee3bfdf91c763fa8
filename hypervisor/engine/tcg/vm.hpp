// Engine tcg: QEMU's translator as the CPU. The guest's RAM is this process's (a shared file), and so is everything
// that the guest talks to; QEMU has one device, which turns doorbells into event files and event files into interrupts.
//
//   vCPU in QEMU ──Doorbell register──> event files ──> vCPU thread here: halt, shutdown, counter
//                                                  └──> attached descriptors: the QCall server, the ticker, sleepers
//   interrupt(n) ──event file──> QEMU's main loop ──MSI──> vCPU n
//
// A vCPU's thread here executes nothing: it waits for the vCPU's doorbells and ends its sleeps.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "hypervisor/engine/engine.hpp"
#include "hypervisor/engine/tcg/board.hpp"
#include "hypervisor/engine/tcg/ivshmem_server.hpp"
#include "hypervisor/engine/tcg/qemu_process.hpp"
#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/memory/guest_memory.hpp"

namespace baryon::host::tcg {

class Vm final : public GuestEngine {
 public:
  // Starts QEMU, which gets as far as its device and waits there for the first run_vcpu(). `memory` is shared
  // (GuestMemory::create_shared()); `states` has every vCPU's. Call from the thread that will run vCPU 0.
  static Expected<std::unique_ptr<Vm>> create(Arch arch, const GuestMemory& memory, const BootLayout& layout,
                                              std::span<const arch::FirstState> states);
  ~Vm() override;

  Expected<void> create_vcpu(std::uint32_t index, const arch::FirstState& first) override;
  Expected<void> run_vcpu(std::uint32_t index, VcpuEvents& events) override;
  void interrupt(std::uint32_t index) override;
  void stop() override;
  [[nodiscard]] int failure_descriptor() const override { return qemu_.descriptor(); }
  [[nodiscard]] bool attaches_early() const override { return true; }
  Expected<void> attach_doorbell(abi::Doorbell which, std::optional<std::uint32_t> value, int eventfd) override;
  [[nodiscard]] VcpuCounters counters(std::uint32_t index) const override;

 private:
  struct Vcpu {
    UniqueFd halt, interrupt, shutdown;
    VcpuCounters counters;
    std::atomic<std::uint64_t> injected{0};
  };

  struct Files {
    UniqueFd socket;
    UniqueFd stop;  // readable from stop() on
    UniqueFd counter;
    UniqueFd unused;  // of doorbells that nobody has attached to
  };
  Vm(Files own, std::vector<Vcpu> vcpus, QemuProcess qemu);
  Expected<void> serve(std::uint32_t index, VcpuEvents& events);
  Expected<void> died();

  Files own_;
  std::vector<Vcpu> vcpus_;
  std::vector<UniqueFd> attached_;  // duplicates, until they have been sent
  DoorbellFiles files_;
  QemuProcess qemu_;
  std::atomic<bool> stopping_{false};
};

}  // namespace baryon::host::tcg
