// Bulk copies and fills. In assembly, because the compiler would turn C++ loops back into calls of memcpy and memset.
#pragma once

#include <cstddef>

namespace baryon::arch {

inline void copy_forward(void* to, const void* from, std::size_t size) {
  asm volatile(
      "subs %2, %2, #64\n\tb.lo 2f\n"
      "1:\tldp x9, x10, [%1], #16\n\tldp x11, x12, [%1], #16\n\tldp x13, x14, [%1], #16\n\tldp x15, x16, [%1], #16\n\t"
      "stp x9, x10, [%0], #16\n\tstp x11, x12, [%0], #16\n\tstp x13, x14, [%0], #16\n\tstp x15, x16, [%0], #16\n\t"
      "subs %2, %2, #64\n\tb.hs 1b\n"
      "2:\tadd %2, %2, #64\n"
      "3:\tsubs %2, %2, #8\n\tb.lo 4f\n\tldr x9, [%1], #8\n\tstr x9, [%0], #8\n\tb 3b\n"
      "4:\tadd %2, %2, #8\n"
      "5:\tcbz %2, 6f\n\tldrb w9, [%1], #1\n\tstrb w9, [%0], #1\n\tsub %2, %2, #1\n\tb 5b\n"
      "6:"
      : "+r"(to), "+r"(from), "+r"(size)::"x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "cc", "memory");
}

inline void fill(void* to, unsigned char value, std::size_t size) {
  const unsigned long pattern = value * 0x0101010101010101ul;
  asm volatile(
      "subs %1, %1, #64\n\tb.lo 2f\n"
      "1:\tstp %2, %2, [%0], #16\n\tstp %2, %2, [%0], #16\n\tstp %2, %2, [%0], #16\n\tstp %2, %2, [%0], #16\n\t"
      "subs %1, %1, #64\n\tb.hs 1b\n"
      "2:\tadd %1, %1, #64\n"
      "3:\tsubs %1, %1, #8\n\tb.lo 4f\n\tstr %2, [%0], #8\n\tb 3b\n"
      "4:\tadd %1, %1, #8\n"
      "5:\tcbz %1, 6f\n\tstrb %w2, [%0], #1\n\tsub %1, %1, #1\n\tb 5b\n"
      "6:"
      : "+r"(to), "+r"(size)
      : "r"(pattern)
      : "cc", "memory");
}

}  // namespace baryon::arch
