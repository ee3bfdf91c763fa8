#pragma once

#include <cstdint>

namespace baryon::host {

// In rising verbosity; a level prints itself and everything before it.
enum class LogLevel : std::uint8_t { off, error, warn, info, debug, trace };

}  // namespace baryon::host
