// Texts that depend on nothing: `spec` and `features`.
#pragma once

#include <string>

namespace baryon::host::oci {

// A starter config.json.
[[nodiscard]] std::string spec_template(bool rootless);

// What this runtime can do, in the form of the runtime specification's features.md.
[[nodiscard]] std::string features_text(std::string_view version);

}  // namespace baryon::host::oci
