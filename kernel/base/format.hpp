// A small printf into a bounded buffer (subset in log.hpp). Always NUL-terminates if size > 0.
#pragma once

#include <cstdarg>
#include <cstddef>

namespace baryon {

// Returns the number of bytes written, the NUL excluded; output that does not fit is cut.
std::size_t format(char* buffer, std::size_t size, const char* format, ...) __attribute__((format(printf, 3, 4)));
std::size_t vformat(char* buffer, std::size_t size, const char* format, va_list arguments);

}  // namespace baryon
