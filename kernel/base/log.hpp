// Kernel log with levels. Text goes into the log ring that the host drains; host-built unit tests
// print it. The level is set at boot; a call below it costs one load and one compare.
#pragma once

#include <cstdarg>

#include "kernel/abi/boot_page.hpp"

namespace baryon::log {

using Level = abi::LogLevel;

inline Level current_level = Level::warn;

// printf subset: %d %u %x %X %s %c %p %% with l/ll/z, width, 0, -, and precision for %s. Lines over 400 bytes are cut.
void print(Level level, const char* format, ...) __attribute__((format(printf, 2, 3)));
void vprint(Level level, const char* format, va_list arguments);
// One finished line of strace output. False: the ring has no room now. Nobody is told: the caller waits and tries
// again, or counts the loss.
bool strace(const char* text, unsigned length);
void count_lost_record();

}  // namespace baryon::log

#define BARYON_LOG(level, ...)                                                               \
  do {                                                                                       \
    if (::baryon::log::current_level >= (level)) ::baryon::log::print((level), __VA_ARGS__); \
  } while (0)
#define log_error(...) BARYON_LOG(::baryon::log::Level::error, __VA_ARGS__)
#define log_warn(...) BARYON_LOG(::baryon::log::Level::warn, __VA_ARGS__)
#define log_info(...) BARYON_LOG(::baryon::log::Level::info, __VA_ARGS__)
#define log_debug(...) BARYON_LOG(::baryon::log::Level::debug, __VA_ARGS__)
#define log_trace(...) BARYON_LOG(::baryon::log::Level::trace, __VA_ARGS__)
