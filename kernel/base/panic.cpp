// Kernel panic: the message goes to the log and the sandbox page, then the sandbox is shut down.
#include "kernel/base/panic.hpp"

#include <cstdarg>

#include "kernel/base/format.hpp"
#include "kernel/base/log.hpp"
#include "kernel/base/shutdown.hpp"

namespace baryon {

void panic(const char* format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vformat(text, sizeof text, format, arguments);
  va_end(arguments);
  log::print(log::Level::error, "panic: %s", text);
  shut_down(abi::ExitReason::panic, 0, text);
}

}  // namespace baryon
