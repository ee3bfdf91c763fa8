// The thread that keeps time for running vCPUs and takes the host's signals.
//
// While a vCPU runs it looks every kPeriodNs at latest, earlier if a deadline is nearer: interrupts vCPUs whose
// deadline has passed or that have not looked at their event, draws the clock anew, drains the log. While all sleep
// it waits without a timeout for a signal or for Machine::ticker_parked to be noticed: an idle sandbox costs nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "hypervisor/sandbox/control_channel.hpp"
#include "hypervisor/sandbox/exec_server.hpp"
#include "hypervisor/sandbox/machine.hpp"
#include "hypervisor/sandbox/signals.hpp"

namespace baryon::host {

class Ticker {
 public:
  struct Config {
    Machine& machine;
    SignalSource& signals;
    ControlSender control;
    LogDrain& log;
    GuestClock& clock;
    ExecServer* execs;            // null: nobody starts programs
    bool often;                   // the guest traces its system calls: drain before the log ring is full
    bool terminate_twice = true;  // a second SIGTERM within two seconds stops the sandbox
  };

  static Expected<std::unique_ptr<Ticker>> create(Config config);
  ~Ticker() { stop(); }

  // The eventfd that makes it look at once: Doorbell::timer, Machine.
  [[nodiscard]] int descriptor() const { return wakeup_.get(); }

  Expected<void> start();
  void stop();

 private:
  explicit Ticker(Config config, UniqueFd wakeup);
  void loop();
  // Looks at every vCPU; the time at which to look again, abi::kNever when nothing runs.
  std::uint64_t look(std::uint64_t now);
  void take_signals(std::uint64_t now);
  void check_answer(std::uint64_t now);
  void wait_until(std::uint64_t now, std::uint64_t deadline);

  Config config_;
  UniqueFd wakeup_;
  std::vector<pollfd> waited_;
  Thread thread_;
  std::atomic<bool> stopping_{false};

  // Ticker thread only.
  std::vector<std::uint64_t> served_deadline_;  // per vCPU: the one it was last interrupted for
  std::vector<bool> event_seen_;                // per vCPU: event was set at the last look already
  std::uint64_t unanswered_since_ = 0;          // first message the guest has not taken; 0: none
  int unanswered_signal_ = 0;
  std::uint64_t last_terminate_ = 0;
  bool exec_news_ = false;  // something of the exec server's was ready
};

}  // namespace baryon::host
