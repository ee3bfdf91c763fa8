// Version of the guest/host contract. The host puts it into the boot page, the kernel into its image
// header; each refuses the other when they differ. Bump on every layout or meaning change.
#pragma once

// For the image header, which is assembly.
#define BARYON_ABI_VERSION 7

#ifndef __ASSEMBLER__

#include "kernel/abi/types.hpp"

namespace baryon::abi {

inline constexpr u32 kVersion = BARYON_ABI_VERSION;
inline constexpr u64 kBootMagic = 0x314e4f5952414221;    // "!BARYON1", little endian
inline constexpr u64 kKernelMagic = 0x314c4e5259414221;  // "!BARYNL1"

}  // namespace baryon::abi
#endif
