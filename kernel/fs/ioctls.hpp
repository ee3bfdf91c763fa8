// ioctl(2) numbers that files answer (include/uapi/asm-generic/ioctls.h; equal on x86-64 and aarch64).
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::fs {

inline constexpr u32 kTcgets = 0x5401, kTcsets = 0x5402, kTcsetsw = 0x5403, kTcsetsf = 0x5404, kTcsbrk = 0x5409,
                     kTcflsh = 0x540b, kTiocsctty = 0x540e, kTiocgpgrp = 0x540f, kTiocspgrp = 0x5410,
                     kTiocoutq = 0x5411, kTiocgwinsz = 0x5413, kTiocswinsz = 0x5414, kFionread = 0x541b,
                     kFionbio = 0x5421, kTiocnotty = 0x5422, kTiocgsid = 0x5429, kFionclex = 0x5450, kFioclex = 0x5451,
                     kFioasync = 0x5452, kFioqsize = 0x5460;

}  // namespace baryon::fs
