// fmt for the host. Debian ships its compiled part as a shared library only, and baryon is linked statically:
// format.cpp compiles it, once (in each file it would take longer than all the rest). Include this instead of
// <fmt/format.h>, so that every file sees the same configuration. FMT_STATIC_THOUSANDS_SEPARATOR keeps std::locale, and
// its start-up cost, out of the binary.
#pragma once

#ifndef FMT_STATIC_THOUSANDS_SEPARATOR
#define FMT_STATIC_THOUSANDS_SEPARATOR ','
#endif

#include <fmt/format.h>
