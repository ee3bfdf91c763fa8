// The host's end of the log ring (kernel/abi/log_ring.hpp): messages go to stderr through the host's logging, strace
// records to their own descriptor. The ring is the guest's to write: every length is checked, a lie ends the draining.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/log_ring.hpp"

namespace baryon::host {

class LogDrain {
 public:
  // `ring` outlives the object. `strace` is borrowed; -1: strace records are dropped.
  LogDrain(abi::LogRing& ring, int strace) : ring_(ring), strace_(strace) {}

  // Writes out what is finished in the ring, at most a ring's worth. Any thread; one that finds another at it returns
  // at once. Blocks as long as stderr or the strace file does.
  void drain();

  // As drain(), and reports how many records the guest had to drop. When the guest has stopped.
  void finish();

  // Whether there is something to drain; a hint.
  [[nodiscard]] bool pending() const {
    return ring_.reserved.load(std::memory_order_relaxed) != position_hint_.load(std::memory_order_relaxed);
  }

 private:
  void drain_locked();
  // Takes one record at `position_`; false when there is none, or the ring is not to be trusted any more.
  bool take_record();
  void emit(const abi::u8* text, std::size_t length, abi::LogKind kind, abi::u8 level);

  abi::LogRing& ring_;
  const int strace_;
  std::mutex mutex_;
  std::uint64_t position_ = 0;  // the host's own copy of `consumed`
  std::atomic<std::uint64_t> position_hint_{0};
  bool broken_ = false;
  std::string strace_text_;  // collected over one drain
};

}  // namespace baryon::host
