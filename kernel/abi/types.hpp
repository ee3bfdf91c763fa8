// Basic types of the guest/host contract.
//
// Everything in kernel/abi is plain data with a fixed layout: no pointers, no virtual functions, no
// constructors with effects. Guest and host include these headers and share nothing else.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace baryon::abi {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

// A guest-physical address (RAM starts at 0 on x86-64, at 1 GiB on aarch64). The only kind of
// address that crosses the boundary; there is never a host pointer in guest memory.
using Gpa = u64;

// A field that both sides touch while both run.
template <class T>
using Shared = std::atomic<T>;
static_assert(Shared<u32>::is_always_lock_free && Shared<u64>::is_always_lock_free);

inline constexpr u64 kPageSize = 4096;
inline constexpr u64 kLargePageSize = 2 * 1024 * 1024;
inline constexpr std::size_t kCacheLine = 64;
inline constexpr u32 kMaxVcpus = 64;

}  // namespace baryon::abi
