// Range checks in front of the accesses in the architecture's user_memory.S.
#include <arch/user_memory.hpp>

#include <arch/paging.hpp>

#include "kernel/arch/common/fixups.hpp"

extern "C" {
baryon::u64 baryon_user_copy_in(void* to, const void* from, baryon::u64 length);
baryon::u64 baryon_user_copy_out(void* to, const void* from, baryon::u64 length);
baryon::u64 baryon_user_clear(void* to, baryon::u64 length);
baryon::i64 baryon_user_string(char* to, const char* from, baryon::u64 size);
baryon::u64 baryon_user_load(const baryon::u32* from, baryon::u32* value);
baryon::u64 baryon_user_compare_exchange(baryon::u32* at, baryon::u32* expected, baryon::u32 desired);
struct FixupEntry {
  baryon::u64 at, to;
};
extern const FixupEntry baryon_fixups_begin[];
extern const FixupEntry baryon_fixups_end[];
}

namespace baryon::arch {
namespace {
bool in_user_range(VirtAddr start, u64 length) { return start <= kUserEnd && length <= kUserEnd - start; }
}  // namespace

bool copy_from_user(void* to, VirtAddr from, u64 length) {
  return in_user_range(from, length) && baryon_user_copy_in(to, reinterpret_cast<const void*>(from), length) == 0;
}
bool copy_to_user(VirtAddr to, const void* from, u64 length) {
  return in_user_range(to, length) && baryon_user_copy_out(reinterpret_cast<void*>(to), from, length) == 0;
}
bool clear_user(VirtAddr to, u64 length) {
  return in_user_range(to, length) && baryon_user_clear(reinterpret_cast<void*>(to), length) == 0;
}
i64 string_from_user(char* to, VirtAddr from, u64 size) {
  if (from >= kUserEnd) return -1;
  const u64 reachable = size < kUserEnd - from ? size : kUserEnd - from;
  const i64 length = baryon_user_string(to, reinterpret_cast<const char*>(from), reachable);
  // Running into the end of the user range without a NUL is a fault, unless `size` ended it.
  return length == static_cast<i64>(reachable) && reachable < size ? -1 : length;
}
bool user_load(VirtAddr from, u32& value) {
  return in_user_range(from, 4) && baryon_user_load(reinterpret_cast<const u32*>(from), &value) == 0;
}
bool user_compare_exchange(VirtAddr at, u32& expected, u32 desired, bool& exchanged) {
  if (!in_user_range(at, 4)) return false;
  const u64 outcome = baryon_user_compare_exchange(reinterpret_cast<u32*>(at), &expected, desired);
  exchanged = outcome == 0;
  return outcome != 4;
}

u64 find_fixup(u64 address) {
  for (const FixupEntry* e = baryon_fixups_begin; e != baryon_fixups_end; ++e)
    if (e->at == address) return e->to;
  return 0;
}

}  // namespace baryon::arch
