// Flags of open(2), whose values differ between architectures: the contract has those of x86-64.
#pragma once

#include <cstdint>

namespace baryon::host {

// DIRECT, LARGEFILE, DIRECTORY and NOFOLLOW: two bits further down and up (arch/arm64/include/uapi/asm/fcntl.h).
// TMPFILE contains DIRECTORY and comes out right.
[[nodiscard]] constexpr std::uint64_t from_contract_open_flags(std::uint64_t flags) {
  constexpr std::uint64_t kDirectLargeFile = 0xc000, kDirectoryNoFollow = 0x3'0000;  // of x86-64
  return (flags & ~(kDirectLargeFile | kDirectoryNoFollow)) | (flags & kDirectLargeFile) << 2 |
         (flags & kDirectoryNoFollow) >> 2;
}

}  // namespace baryon::host
