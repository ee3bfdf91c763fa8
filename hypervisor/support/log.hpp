// Leveled logging to stderr, one write(2) per line: `baryon: warn: <text>`.
//
// A disabled level costs one relaxed load and a branch; the arguments are still evaluated. Thread-safe: lines of
// different threads do not mix, as each is a single write of less than PIPE_BUF bytes where it fits.
#pragma once

#include <atomic>
#include <string_view>

#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log_level.hpp"

namespace baryon::host::log {

namespace detail {
inline std::atomic<LogLevel> threshold{LogLevel::warn};
void write(LogLevel level, fmt::string_view format, fmt::format_args arguments);
}  // namespace detail

inline void set_level(LogLevel level) { detail::threshold.store(level, std::memory_order_relaxed); }

[[nodiscard]] inline bool enabled(LogLevel level) {
  return level != LogLevel::off && level <= detail::threshold.load(std::memory_order_relaxed);
}

template <class... Args>
void at(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(level)) [[unlikely]]
    detail::write(level, format, fmt::make_format_args(args...));
}

template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  at(LogLevel::error, format, std::forward<Args>(args)...);
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  at(LogLevel::warn, format, std::forward<Args>(args)...);
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  at(LogLevel::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  at(LogLevel::debug, format, std::forward<Args>(args)...);
}
template <class... Args>
void trace(fmt::format_string<Args...> format, Args&&... args) {
  at(LogLevel::trace, format, std::forward<Args>(args)...);
}

}  // namespace baryon::host::log
