// Log ring: text records from guest to host, lossy only when the host is slower than a whole ring (the
// loss is counted). Producers reserve bytes with a compare-and-swap of `reserved`, write the record, then
// set its `length` last (release); a record with length 0 is not finished yet. The host copies a record,
// zeroes what it has read and advances `consumed`. `length` from the ring is untrusted.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

enum class LogKind : u8 { message = 0, strace = 1 };

struct LogRecord {
  Shared<u16> length;  // of the whole record, a multiple of 8, header included; written last
  u8 level;            // LogLevel
  LogKind kind;
  u16 vcpu;
  u16 text_length;  // bytes of text, not NUL-terminated
  u64 time_ns;      // CLOCK_MONOTONIC of the guest
  // char text[]
};
static_assert(sizeof(LogRecord) == 16);

inline constexpr u32 kLogRingBytes = 64 * 1024;  // a power of two; a record never wraps: the rest of
                                                 // the ring is skipped with a record of text_length 0xffff
struct LogRing {
  alignas(kCacheLine) Shared<u64> reserved;  // free-running byte positions
  alignas(kCacheLine) Shared<u64> consumed;
  Shared<u64> dropped;  // records
  alignas(kCacheLine) u8 bytes[kLogRingBytes];
};

}  // namespace baryon::abi
