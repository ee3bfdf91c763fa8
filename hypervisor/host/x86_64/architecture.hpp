// Which of the guest architectures this machine's own is.
#pragma once

namespace baryon::host {

// `Architectures` is an enumeration with one name for each (config/boot_options.hpp: Arch).
template <class Architectures>
[[nodiscard]] constexpr Architectures own_architecture() {
  return Architectures::x86_64;
}

}  // namespace baryon::host
