// fmt for the host, compiled in: Debian ships libfmt as a shared library only, and baryon is linked statically.
// Include this instead of <fmt/format.h>, so that every file sees the same configuration.
// FMT_STATIC_THOUSANDS_SEPARATOR keeps std::locale, and its start-up cost, out of the binary.
#pragma once

#ifndef FMT_HEADER_ONLY
#define FMT_HEADER_ONLY
#endif
#ifndef FMT_STATIC_THOUSANDS_SEPARATOR
#define FMT_STATIC_THOUSANDS_SEPARATOR ','
#endif

#include <fmt/format.h>
