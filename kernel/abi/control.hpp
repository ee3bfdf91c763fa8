// Control channel: messages from the host to the guest. A single-producer ring; the host writes a
// message, publishes tail (release), sets VcpuPage::event of vCPU 0 and interrupts or wakes it.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

enum class ControlKind : u32 {
  none = 0,
  signal = 1,    // arg[0] = signal number, to the init process, or the one that exec number arg[1] started
  stop = 2,      // end every process now, then shut down; exit status 128 + arg[0]
  terminal = 3,  // signal arg[0] comes from the terminal of init, or of exec number arg[1]: for its foreground job
  exec = 4,      // arg[0] = number of the exec (not 0), arg[1] = bytes of its request (program.hpp)
};

struct ControlMessage {
  ControlKind kind;
  u32 reserved;
  u64 arg[3];
};

inline constexpr u32 kControlSlots = 32;  // a power of two

struct ControlChannel {
  alignas(kCacheLine) Shared<u32> tail;  // host
  alignas(kCacheLine) Shared<u32> head;  // guest
  alignas(kCacheLine) ControlMessage messages[kControlSlots];
};

}  // namespace baryon::abi
