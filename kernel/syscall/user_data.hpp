// Structures to and from the program.
#pragma once

#include <type_traits>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/base/error.hpp"

namespace baryon::syscall {

template <class T>
  requires std::is_trivially_copyable_v<T>
Result<T> copy_in(VirtAddr from) {
  T value;
  if (!arch::copy_from_user(&value, from, sizeof value)) return Errno::fault;
  return value;
}

template <class T>
  requires std::is_trivially_copyable_v<T>
Result<void> copy_out(VirtAddr to, const T& value) {
  if (!arch::copy_to_user(to, &value, sizeof value)) return Errno::fault;
  return {};
}

// For results that the program may not want: a null address is skipped.
template <class T>
Result<void> copy_out_if(VirtAddr to, const T& value) {
  if (to == 0) return {};
  return copy_out(to, value);
}

}  // namespace baryon::syscall
