// toml++ as we use it: header-only, errors as values, and no formatters, which would pull in iostream.
// Include this instead of <toml++/toml.h>, so that every file sees the same configuration.
#pragma once

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0

#include <toml++/toml.h>
