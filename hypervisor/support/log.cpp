#include "hypervisor/support/log.hpp"

#include <iterator>

#include "hypervisor/support/error.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host::log::detail {

namespace {

constexpr std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::off: break;
    case LogLevel::error: return "error";
    case LogLevel::warn: return "warn";
    case LogLevel::info: return "info";
    case LogLevel::debug: return "debug";
    case LogLevel::trace: return "trace";
  }
  return "?";
}

}  // namespace

void write(LogLevel level, fmt::string_view format, fmt::format_args arguments) {
  std::string line = "baryon: ";
  line += name_of(level);
  line += ": ";
  line += escape_for_terminal(fmt::vformat(format, arguments));
  line += '\n';
  // Nowhere is left to report a failing stderr to.
  static_cast<void>(write_all(2, line));
}

}  // namespace baryon::host::log::detail
