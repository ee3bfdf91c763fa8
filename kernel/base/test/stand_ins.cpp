// What the kernel proper supplies otherwise: panic and log go to standard error. For unit tests and fuzz targets.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "kernel/base/log.hpp"
#include "kernel/base/panic.hpp"

namespace baryon {

void panic(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::fputs("panic: ", stderr);
  std::vfprintf(stderr, format, arguments);
  std::fputc('\n', stderr);
  va_end(arguments);
  std::abort();
}

namespace log {
void vprint(Level, const char* format, va_list arguments) {
  std::vfprintf(stderr, format, arguments);
  std::fputc('\n', stderr);
}
void print(Level level, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprint(level, format, arguments);
  va_end(arguments);
}
bool strace(const char* text, unsigned length) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(length), text);
  return true;
}
void count_lost_record() {}
}  // namespace log
}  // namespace baryon
