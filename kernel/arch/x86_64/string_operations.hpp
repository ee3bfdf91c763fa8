// Bulk copies and fills by string instructions (fast from 64 bytes up on CPUs with ERMS/FSRM).
#pragma once

#include <cstddef>

namespace baryon::arch {

inline void copy_forward(void* to, const void* from, std::size_t size) {
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
}

inline void fill(void* to, unsigned char value, std::size_t size) {
  asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
}

}  // namespace baryon::arch
