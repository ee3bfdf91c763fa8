// ioctl(2) numbers that files answer (include/uapi/asm-generic/ioctls.h; equal on x86-64 and aarch64).
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::fs {

inline constexpr u32 kTcgets = 0x5401, kTcsets = 0x5402, kTcsetsw = 0x5403, kTcsetsf = 0x5404, kTcgeta = 0x5405,
                     kTcseta = 0x5406, kTcsetaw = 0x5407, kTcsetaf = 0x5408, kTcsbrk = 0x5409, kTcxonc = 0x540a,
                     kTcflsh = 0x540b, kTiocexcl = 0x540c, kTiocnxcl = 0x540d, kTiocsctty = 0x540e, kTiocgpgrp = 0x540f,
                     kTiocspgrp = 0x5410, kTiocoutq = 0x5411, kTiocgwinsz = 0x5413, kTiocswinsz = 0x5414,
                     kFionread = 0x541b, kFionbio = 0x5421, kTiocnotty = 0x5422, kTiocsetd = 0x5423, kTiocgetd = 0x5424,
                     kTcsbrkp = 0x5425, kTiocgsid = 0x5429, kFionclex = 0x5450, kFioclex = 0x5451, kFioasync = 0x5452,
                     kFioqsize = 0x5460, kTiocglcktrmios = 0x5456, kTiocslcktrmios = 0x5457, kTiocgptpeer = 0x5441,
                     kTcgets2 = 0x802c542a, kTcsets2 = 0x402c542b, kTcsetsw2 = 0x402c542c, kTcsetsf2 = 0x402c542d,
                     kTiocgptn = 0x80045430, kTiocsptlck = 0x40045431, kTiocsig = 0x40045436, kTiocgptlck = 0x80045439;

}  // namespace baryon::fs
