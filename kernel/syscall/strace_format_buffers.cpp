// Text of a trace line: numbers, quoted strings, buffers of the program.
#include "kernel/syscall/strace_format_internal.hpp"

namespace baryon::syscall {

void Line::put(char c) {
  if (length_ < size_) buffer_[length_++] = c;
}

void Line::put(std::string_view text) {
  for (char c : text) put(c);
}

void Line::digits(u64 value, unsigned base, unsigned minimum_digits) {
  char text[24];
  unsigned n = 0;
  do {
    text[n++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  for (unsigned zeros = n; zeros < minimum_digits; ++zeros) put('0');
  while (n > 0) put(text[--n]);
}

void Line::number(i64 value) {
  if (value < 0) put('-');
  digits(value < 0 ? 0 - static_cast<u64>(value) : static_cast<u64>(value), 10, 1);
}

void Line::number_unsigned(u64 value, unsigned minimum_digits) { digits(value, 10, minimum_digits); }

void Line::hex(u64 value) {
  if (value == 0) return put('0');
  put("0x");
  digits(value, 16, 1);
}

void Line::octal(u64 value) {
  put('0');
  if (value != 0) digits(value, 8, 1);
}

void Line::pointer(u64 value) { value == 0 ? put("NULL") : hex(value); }

void Line::quoted(std::string_view bytes, bool cut) {
  put('"');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    switch (c) {
      case '"': put("\\\""); continue;
      case '\\': put("\\\\"); continue;
      case '\n': put("\\n"); continue;
      case '\r': put("\\r"); continue;
      case '\t': put("\\t"); continue;
      case '\v': put("\\v"); continue;
      case '\f': put("\\f"); continue;
      default: break;
    }
    if (c >= ' ' && c < 0x7f) {
      put(static_cast<char>(c));
      continue;
    }
    // Octal, as short as can be unless a digit follows.
    const bool digit_follows = i + 1 < bytes.size() && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
    put('\\');
    digits(c, 8, digit_follows ? 3 : 1);
  }
  put('"');
  if (cut) put("...");
}

}  // namespace baryon::syscall

namespace baryon::syscall::strace {

void show_bytes(const Call& call, VirtAddr from, u64 length) {
  char bytes[kShownBytes];
  const u64 shown = length < sizeof bytes ? length : sizeof bytes;
  if (from == 0 || (shown != 0 && !call.read(bytes, from, shown))) return call.out.pointer(from);
  call.out.quoted({bytes, shown}, shown < length);
}

void show_path(const Call& call, VirtAddr from) {
  char text[kShownPath];
  u32 length = 0;
  // Piece by piece, none across the end of a page: what follows the string need not be mapped.
  while (length < sizeof text) {
    const u64 to_page_end = kPageSize - (from + length) % kPageSize;
    u64 piece = sizeof text - length;
    if (piece > 64) piece = 64;
    if (piece > to_page_end) piece = to_page_end;
    if (from == 0 || !call.read(text + length, from + length, piece)) return call.out.pointer(from);
    for (const u64 end = length + piece; length < end; ++length)
      if (text[length] == '\0') return call.out.quoted({text, length}, false);
  }
  call.out.quoted({text, length}, true);
}

void show_iovecs(const Call& call, VirtAddr from, u64 count, u64 total) {
  struct {
    u64 base, length;
  } element;
  if (count == 0) return call.out.put("[]");
  if (!call.load(element, from)) return call.out.pointer(from);
  call.out.put('[');
  for (u64 i = 0; i < count; ++i) {
    if (i > 0) call.out.put(", ");
    if (i == kShownElements) {
      call.out.put("...");
      break;
    }
    if (!call.load(element, from + i * sizeof element)) {
      call.out.put("...");
      call.out.pointer(from + i * sizeof element);
      break;
    }
    const u64 used = element.length < total ? element.length : total;
    total -= used;
    call.out.put("{iov_base=");
    show_bytes(call, element.base, used);
    call.out.put(", iov_len=");
    call.out.number_unsigned(element.length);
    call.out.put('}');
  }
  call.out.put(']');
}

}  // namespace baryon::syscall::strace
