// Stopping loudly. `panic` logs the message, puts it into the sandbox page and shuts the sandbox down;
// host-built unit tests supply their own.
#pragma once

namespace baryon {

[[noreturn]] void panic(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace baryon

// Checked in every mode: a broken invariant is never survivable.
#define ENSURE(condition)                                                          \
  do {                                                                             \
    if (!(condition)) [[unlikely]]                                                 \
      ::baryon::panic("%s:%d: violated: %s", __FILE_NAME__, __LINE__, #condition); \
  } while (0)

// Checked in debug builds only: for hot paths.
#ifdef BARYON_DEBUG
#define DEBUG_ENSURE(condition) ENSURE(condition)
#else
#define DEBUG_ENSURE(condition) static_cast<void>(sizeof(condition))
#endif
