// The routines that touch user memory (user_memory.S has the accesses and their fix-ups).
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

bool copy_from_user(void* to, VirtAddr from, u64 length);
bool copy_to_user(VirtAddr to, const void* from, u64 length);
bool clear_user(VirtAddr to, u64 length);
i64 string_from_user(char* to, VirtAddr from, u64 size);
bool user_load(VirtAddr from, u32& value);
bool user_compare_exchange(VirtAddr at, u32& expected, u32 desired, bool& exchanged);

}  // namespace baryon::arch
