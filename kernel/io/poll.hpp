// Readiness: poll(2) events, which epoll(7) shares (include/uapi/asm-generic/poll.h).
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::io {

inline constexpr u32 kPollIn = 0x001, kPollPriority = 0x002, kPollOut = 0x004, kPollError = 0x008, kPollHangUp = 0x010,
                     kPollInvalid = 0x020, kPollReadNormal = 0x040, kPollReadBand = 0x080, kPollWriteNormal = 0x100,
                     kPollWriteBand = 0x200, kPollReadHangUp = 0x2000;

}  // namespace baryon::io
