// Integer names of the kernel; the same as the contract's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernel/abi/types.hpp"

namespace baryon {

using abi::i32;
using abi::i64;
using abi::u16;
using abi::u32;
using abi::u64;
using abi::u8;

using VirtAddr = u64;
using PhysAddr = u64;  // guest-physical

inline constexpr u64 kPageSize = abi::kPageSize;
inline constexpr u64 kPageShift = 12;
inline constexpr u64 kLargePageSize = abi::kLargePageSize;

constexpr u64 align_down(u64 value, u64 alignment) { return value & ~(alignment - 1); }
constexpr u64 align_up(u64 value, u64 alignment) { return align_down(value + alignment - 1, alignment); }
constexpr bool is_aligned(u64 value, u64 alignment) { return (value & (alignment - 1)) == 0; }

}  // namespace baryon
