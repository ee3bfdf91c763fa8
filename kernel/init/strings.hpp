// String tables of the boot page.
#pragma once

#include "kernel/abi/boot_page.hpp"
#include "kernel/mm/direct_map.hpp"

namespace baryon::init {

// String number `index`, which the host has placed for good; "" beyond the table.
inline const char* table_string(const abi::StringTable& table, u32 index) {
  if (index >= table.count) return "";
  const char* base = mm::phys_to<const char>(table.gpa);
  u32 offset;
  __builtin_memcpy(&offset, base + index * sizeof offset, sizeof offset);
  return base + offset;
}

}  // namespace baryon::init
