// A running sandbox: vCPU threads, sleeping and waking them, doorbells, and how it ends.
//
//   vCPU threads ──run──> GuestEngine ──halted(), doorbell()──> Machine
//   QCall server ──start_vcpu(), notify_vcpu(), guest_lied()──> Machine
//   Ticker ──interrupt(), wake(), finish()──> Machine
//
// vCPU 0 runs on the thread that calls run(); the others get a thread when the guest starts them.
//
// Sleeping. A vCPU's thread that is about to wait sets Sleeper::waiting, then looks at VcpuPage::event; whoever has
// something for the vCPU sets `event`, then looks at `waiting` and, if set, writes the vCPU's eventfd. Both
// sequentially consistent: one of the two sees the other. The guest's own `sleeping` decides nothing here, it only
// spares the guest doorbells; a guest that lies about it oversleeps by itself.
//
// Lock order: the QCall server's mutex (held when it calls in) before mutex_. Nothing is called with mutex_ held but
// GuestEngine::stop().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "hypervisor/engine/engine.hpp"
#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/log/log_drain.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/qcall/server.hpp"
#include "hypervisor/qcall/vcpu_control.hpp"
#include "hypervisor/sandbox/clock.hpp"
#include "hypervisor/sandbox/thread.hpp"
#include "kernel/abi/vcpu_page.hpp"

namespace baryon::host {

class Machine final : public VcpuEvents, public VcpuControl {
 public:
  struct Config {
    GuestEngine& engine;
    const GuestMemory& memory;
    const BootLayout& layout;
    LogDrain& log;
    GuestClock& clock;
    std::function<arch::FirstState(std::uint32_t)> first_state;  // of a vCPU
    std::string program;                                         // for messages
  };

  // Makes the eventfds of the vCPUs, which exist already as far as waking is concerned. No vCPU yet.
  static Expected<std::unique_ptr<Machine>> create(Config config);
  ~Machine() override;

  // What doorbells lead to; once, before run(). `timer` is an eventfd: Doorbell::timer. Both outlive run().
  void connect(QCallServer& server, int timer);

  Expected<void> create_vcpu(std::uint32_t number);

  // Runs the sandbox to its end; every vCPU thread has ended when it returns. The exit status, or why there is none.
  Expected<int> run();

  // Ends the sandbox with this outcome, unless it is ending already. Any thread.
  void finish(Expected<int> outcome);
  [[nodiscard]] bool finished() const { return stopping_.load(std::memory_order_acquire); }

  // Ends the wait of a vCPU, if it waits.
  void wake(std::uint32_t number) noexcept;
  // Makes a vCPU look at shared memory soon, whether it waits or runs; sets its event.
  void poke(std::uint32_t number) noexcept;

  // --- for the ticker ---
  [[nodiscard]] std::uint32_t vcpus() const { return static_cast<std::uint32_t>(sleepers_.size()); }
  [[nodiscard]] abi::VcpuPage& page(std::uint32_t number) const { return *sleepers_[number].page; }
  // Whether the vCPU has started and does not wait.
  [[nodiscard]] bool running(std::uint32_t number) const {
    return sleepers_[number].started.load(std::memory_order_acquire) &&
           !sleepers_[number].waiting.load(std::memory_order_seq_cst);
  }
  [[nodiscard]] bool any_running() const;
  // While vCPUs run: makes the server look at sockets if there is news that none watches for, and at what vCPUs have
  // left to be served later.
  void nudge_sockets() noexcept;
  void interrupt(std::uint32_t number) { config_.engine.interrupt(number); }
  // Set by the ticker before it stops looking, which it does only while nothing runs; a vCPU that wakes writes the
  // timer's eventfd when it finds it set.
  std::atomic<bool> ticker_parked{false};

  // --- VcpuEvents ---
  void halted(std::uint32_t vcpu) override;
  void doorbell(std::uint32_t vcpu, std::uint32_t offset, std::uint32_t value) override;

  // --- VcpuControl ---
  bool start_vcpu(std::uint32_t number) override;
  void notify_vcpu(std::uint32_t number) override;
  void guest_lied(const char* what) override;

 private:
  struct Sleeper {
    abi::VcpuPage* page = nullptr;
    UniqueFd eventfd;
    std::atomic<bool> waiting{false};
    std::atomic<bool> started{false};
    std::atomic<std::uint32_t> rings{0};
  };

  // A doorbell that is rung often becomes an eventfd, which costs the ringing vCPU a third of an exit. Not from the
  // start: KVM destroys a VM that has one 13 ms later than one without (it waits for an SRCU grace period).
  static constexpr std::uint32_t kRingsBeforeEventfd = 16;
  void count_ring(abi::Doorbell which, std::optional<std::uint32_t> value, std::atomic<std::uint32_t>& rings,
                  int eventfd);

  Machine(Config config, std::vector<Sleeper> sleepers);
  void run_vcpu(std::uint32_t number);
  void wait(std::uint32_t vcpu, bool watches_sockets);
  void look_at_sockets(std::uint32_t vcpu);
  void attach_all();
  void unpark_ticker() noexcept;

  Config config_;
  std::vector<Sleeper> sleepers_;
  QCallServer* server_ = nullptr;
  int timer_ = -1;
  int sockets_ = -1;  // readable: sockets have become ready
  std::atomic<bool> sockets_watched_{false};
  std::atomic<std::uint32_t> qcall_rings_{0}, timer_rings_{0};

  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::optional<Expected<int>> outcome_;  // the first to come
  std::vector<Thread> threads_;           // of vCPUs 1..
};

}  // namespace baryon::host
