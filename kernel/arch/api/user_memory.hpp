// The only routines that touch user memory. A fault inside them that the address space cannot resolve
// makes them return false (EFAULT); a resolvable one is resolved, which may block: hold no spin lock.
//
// An architecture provides, in namespace baryon::arch (all check that the range lies below kUserEnd):
//   bool copy_from_user(void* to, VirtAddr from, u64 length)
//   bool copy_to_user(VirtAddr to, const void* from, u64 length)
//   bool clear_user(VirtAddr, u64 length)
//   i64 string_from_user(char* to, VirtAddr from, u64 size)   length without NUL; size if no NUL in the first
//                                                    `size` bytes; -1 on a fault
//   bool user_load(VirtAddr, u32& value)             one aligned 32-bit word, after every earlier atomic access
//   bool user_compare_exchange(VirtAddr, u32& expected, u32 desired, bool& exchanged)   aligned, sequentially
//   consistent
#pragma once

#include <concepts>

#include <arch/user_memory.hpp>

#include "kernel/base/types.hpp"

namespace baryon::arch {
static_assert(requires(void* p, const void* c, char* s, VirtAddr va, u64 n, u32& w, bool& b) {
  { copy_from_user(p, va, n) } -> std::same_as<bool>;
  { copy_to_user(va, c, n) } -> std::same_as<bool>;
  { clear_user(va, n) } -> std::same_as<bool>;
  { string_from_user(s, va, n) } -> std::same_as<i64>;
  { user_load(va, w) } -> std::same_as<bool>;
  { user_compare_exchange(va, w, 0u, b) } -> std::same_as<bool>;
});
}  // namespace baryon::arch
