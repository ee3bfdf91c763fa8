// A request in flight: one per queue slot.
#pragma once

#include <linux/time_types.h>

#include <cstdint>

#include "hypervisor/qcall/descriptor.hpp"
#include "hypervisor/streams/transfer.hpp"

namespace baryon::host {

struct Operation {
  // idle -> (served at once) idle
  //      -> wants_* (outcome of serving; waits for the server thread) -> in_* (the io_uring has it) -> idle or again
  enum class State : std::uint8_t { idle, wants_poll, wants_ring, wants_timer, in_poll, in_ring, in_timer };

  State state = State::idle;
  bool cancelled = false;        // answer -ECANCELED once the io_uring lets go of the buffers
  std::uint32_t generation = 0;  // counts uses of the slot; completions of earlier uses are told apart by it
  std::uint32_t handle_generation = 0;
  std::int64_t wait_value = 0;  // poll: events; timer: milliseconds
  __kernel_timespec delay{};    // in_timer: what the io_uring was given
  Request request;
  Transfer transfer;  // read and write
};

}  // namespace baryon::host
