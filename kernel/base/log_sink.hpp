// Where the log goes; set once by init.
#pragma once

#include "kernel/abi/log_ring.hpp"
#include "kernel/base/types.hpp"

namespace baryon::log {

// `now` gives CLOCK_MONOTONIC nanoseconds; it may be nullptr until the clock works.
void set_sink(abi::LogRing* ring, u64 (*now)());

}  // namespace baryon::log
