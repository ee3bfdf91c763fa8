// A small printf: what the kernel's log needs and no more.
#include "kernel/base/format.hpp"

#include "kernel/base/types.hpp"

namespace baryon {
namespace {

struct Output {
  char* buffer;
  std::size_t size;
  std::size_t length = 0;
  void put(char c) {
    if (length + 1 < size) buffer[length++] = c;
  }
};

struct Spec {
  bool left = false, zero = false;
  int width = 0;
  int precision = -1;
  int longs = 0;  // 0 int, 1 long, 2 long long, size_t counts as long
};

void put_padded(Output& out, const Spec& spec, const char* text, std::size_t length) {
  const int padding = spec.width > static_cast<int>(length) ? spec.width - static_cast<int>(length) : 0;
  if (!spec.left)
    for (int i = 0; i < padding; ++i) out.put(spec.zero ? '0' : ' ');
  for (std::size_t i = 0; i < length; ++i) out.put(text[i]);
  if (spec.left)
    for (int i = 0; i < padding; ++i) out.put(' ');
}

void put_number(Output& out, Spec spec, u64 value, bool negative, unsigned base, bool upper = false) {
  char digits[24];
  std::size_t n = 0;
  do {
    digits[n++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
    value /= base;
  } while (value != 0);
  char text[26];
  std::size_t length = 0;
  if (negative && spec.zero) {
    out.put('-');
    if (spec.width > 0) --spec.width;
  } else if (negative) {
    text[length++] = '-';
  }
  while (n > 0) text[length++] = digits[--n];
  put_padded(out, spec, text, length);
}

}  // namespace

std::size_t vformat(char* buffer, std::size_t size, const char* format, va_list arguments) {
  if (size == 0) return 0;
  Output out{buffer, size};
  for (const char* p = format; *p != '\0'; ++p) {
    if (*p != '%') {
      out.put(*p);
      continue;
    }
    Spec spec;
    ++p;
    for (;; ++p) {
      if (*p == '-') spec.left = true;
      else if (*p == '0') spec.zero = true;
      else break;
    }
    if (*p == '*') {
      spec.width = va_arg(arguments, int);
      ++p;
    } else {
      while (*p >= '0' && *p <= '9') spec.width = spec.width * 10 + (*p++ - '0');
    }
    if (*p == '.') {
      ++p;
      spec.precision = 0;
      if (*p == '*') {
        spec.precision = va_arg(arguments, int);
        ++p;
      } else {
        while (*p >= '0' && *p <= '9') spec.precision = spec.precision * 10 + (*p++ - '0');
      }
    }
    while (*p == 'l' || *p == 'z') {
      ++spec.longs;
      ++p;
    }
    switch (*p) {
      case 'd':
      case 'i': {
        const i64 value = spec.longs == 0 ? va_arg(arguments, int) : va_arg(arguments, long);
        put_number(out, spec, value < 0 ? 0 - static_cast<u64>(value) : static_cast<u64>(value), value < 0, 10);
        break;
      }
      case 'u':
      case 'x':
      case 'X': {
        const u64 value = spec.longs == 0 ? va_arg(arguments, unsigned) : va_arg(arguments, unsigned long);
        put_number(out, spec, value, false, *p == 'u' ? 10 : 16, *p == 'X');
        break;
      }
      case 'p':
        out.put('0');
        out.put('x');
        put_number(out, spec, reinterpret_cast<u64>(va_arg(arguments, void*)), false, 16);
        break;
      case 'c': {
        const char c = static_cast<char>(va_arg(arguments, int));
        put_padded(out, spec, &c, 1);
        break;
      }
      case 's': {
        const char* text = va_arg(arguments, const char*);
        if (text == nullptr) text = "(null)";
        std::size_t length = 0;
        while ((spec.precision < 0 || length < static_cast<std::size_t>(spec.precision)) && text[length] != '\0')
          ++length;
        spec.zero = false;
        put_padded(out, spec, text, length);
        break;
      }
      case '%': out.put('%'); break;
      case '\0': --p; break;
      default:  // an unknown conversion shows itself
        out.put('%');
        out.put(*p);
    }
  }
  buffer[out.length] = '\0';
  return out.length;
}

std::size_t format(char* buffer, std::size_t size, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const std::size_t length = vformat(buffer, size, format, arguments);
  va_end(arguments);
  return length;
}

}  // namespace baryon
