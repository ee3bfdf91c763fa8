#include "kernel/arch/hosted/user_memory.hpp"

#include <atomic>
#include <cstring>

#include "kernel/arch/hosted/paging.hpp"

namespace baryon::arch {
namespace {

bool valid(VirtAddr address, u64 length) {
  return address >= 65536 && address < kUserEnd && length <= kUserEnd - address;
}

}  // namespace

bool copy_from_user(void* to, VirtAddr from, u64 length) {
  if (length == 0) return true;
  if (!valid(from, length)) return false;
  std::memcpy(to, reinterpret_cast<const void*>(from), length);
  return true;
}

bool copy_to_user(VirtAddr to, const void* from, u64 length) {
  if (length == 0) return true;
  if (!valid(to, length)) return false;
  std::memcpy(reinterpret_cast<void*>(to), from, length);
  return true;
}

bool clear_user(VirtAddr to, u64 length) {
  if (length == 0) return true;
  if (!valid(to, length)) return false;
  std::memset(reinterpret_cast<void*>(to), 0, length);
  return true;
}

i64 string_from_user(char* to, VirtAddr from, u64 size) {
  for (u64 i = 0; i < size; ++i) {
    if (!copy_from_user(to + i, from + i, 1)) return -1;
    if (to[i] == 0) return static_cast<i64>(i);
  }
  return static_cast<i64>(size);
}

bool user_load(VirtAddr from, u32& value) {
  if (!valid(from, sizeof value)) return false;
  value = std::atomic_ref<u32>(*reinterpret_cast<u32*>(from)).load();
  return true;
}

bool user_compare_exchange(VirtAddr at, u32& expected, u32 desired, bool& exchanged) {
  if (!valid(at, sizeof expected)) return false;
  exchanged = std::atomic_ref<u32>(*reinterpret_cast<u32*>(at)).compare_exchange_strong(expected, desired);
  return true;
}

}  // namespace baryon::arch
