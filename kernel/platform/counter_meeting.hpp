// The guest's side of comparing its counter with the host's (abi::CounterMeeting).
#pragma once

#include "kernel/abi/devices.hpp"

namespace baryon::platform {

// Returns when the host has published the clock page. Once, on vCPU 0, after the doorbell has been rung.
template <class Counter, class Relax>
void meet_host(abi::CounterMeeting& meeting, Counter counter, Relax relax) {
  for (abi::u64 round = 1, answer = 0; answer != abi::kMeetingOver; ++round) {
    // The host reads `sent` after it has seen the round's number (release, acquire).
    meeting.sent.store(counter(), std::memory_order_relaxed);
    meeting.guest.store(round, std::memory_order_release);
    while ((answer = meeting.host.load(std::memory_order_acquire)) < round) relax();
  }
}

}  // namespace baryon::platform
