// The four functions that a compiler may call on its own, and the C++ runtime's hooks.
//
// Byte loops that the compiler must not turn back into calls of themselves; on x86-64 it recognises
// `rep movsb`/`rep stosb` as the fast way (ERMS), which the inline assembly of the architecture gives.
#include <cstddef>
#include <new>

#include "kernel/arch/api/string_operations.hpp"
#include "kernel/base/panic.hpp"

namespace std {
const nothrow_t nothrow{};
// libstdc++'s string_view checks positions by throwing; a kernel that gets here has a bug.
[[noreturn]] void __throw_out_of_range_fmt(const char* text, ...) { baryon::panic("out of range: %s", text); }
}  // namespace std

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size) {
  baryon::arch::copy_forward(to, from, size);
  return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
  auto* d = static_cast<unsigned char*>(to);
  auto* s = static_cast<const unsigned char*>(from);
  if (d <= s || d >= s + size) {
    baryon::arch::copy_forward(to, from, size);
  } else {
    for (std::size_t i = size; i > 0; --i) {
      d[i - 1] = s[i - 1];
      asm volatile("" ::: "memory");  // keeps this loop from becoming a call of memmove
    }
  }
  return to;
}

void* memset(void* to, int value, std::size_t size) {
  baryon::arch::fill(to, static_cast<unsigned char>(value), size);
  return to;
}

int memcmp(const void* a, const void* b, std::size_t size) {
  auto* x = static_cast<const unsigned char*>(a);
  auto* y = static_cast<const unsigned char*>(b);
  for (std::size_t i = 0; i < size; ++i)
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  return 0;
}

void* memchr(const void* memory, int value, std::size_t size) {
  auto* bytes = static_cast<const unsigned char*>(memory);
  for (std::size_t i = 0; i < size; ++i)
    if (bytes[i] == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(bytes + i);
  return nullptr;
}

std::size_t strlen(const char* text) {
  std::size_t n = 0;
  while (text[n] != '\0') {
    ++n;
    asm volatile("" ::: "memory");
  }
  return n;
}

[[noreturn]] void __cxa_pure_virtual() { baryon::panic("pure virtual call"); }
// Static objects live as long as the sandbox.
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
void* __dso_handle = nullptr;
}
