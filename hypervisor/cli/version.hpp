#pragma once

#include <string_view>

namespace baryon::host {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace baryon::host
