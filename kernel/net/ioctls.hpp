// ioctl(2) requests about sockets and network interfaces (include/uapi/linux/sockios.h; netdevice(7)).
#pragma once

#include "kernel/base/error.hpp"

namespace baryon::net {

inline constexpr u32 kFionread = 0x541b, kSiocoutq = 0x5411, kSiocatmark = 0x8905;

// SIOCGIF*: reads about interfaces. ENOTTY for what is none of them.
Result<u64> interface_ioctl(u32 command, u64 argument);

}  // namespace baryon::net
