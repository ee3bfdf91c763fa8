// What a client and a sandbox's process say to each other on the exec socket (AF_UNIX, SOCK_SEQPACKET), to start a
// program in the running sandbox and to stay with it. One connection per program:
//
//   client → sandbox   an abi::ExecRequest whose `streams` are not filled in, with `stream_count` descriptors
//   sandbox → client   ExecNotice: started or failed
//   client → sandbox   ExecSignal, any number
//   sandbox → client   ExecNotice: ended
//
// A client that goes away takes its program along (SIGKILL).
#pragma once

#include <cstdint>

#include "kernel/abi/program.hpp"

namespace baryon::host {

struct ExecSignal {
  std::uint32_t number;
  std::uint32_t from_terminal;  // 1: a key, a change of size, a hang-up
};

struct ExecNotice {
  std::uint32_t event;  // abi::ExecEvent
  std::uint32_t setup;  // failed: 1 if it is not about the program
  std::uint64_t value;  // started: its number in the sandbox; failed: errno; ended: wait(2)'s status
  char text[400];       // failed: why, NUL-terminated, from the guest
};

}  // namespace baryon::host
