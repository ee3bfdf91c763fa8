// The processor's make, as far as what was found out about it depends on it.
#pragma once

#include <cpuid.h>

#include <array>

namespace baryon::host {

// Vendor, family-model-stepping and brand string: SDM volume 2, CPUID.
[[nodiscard]] inline std::array<unsigned, 17> cpu_model() {
  std::array<unsigned, 17> words{};
  __get_cpuid(0, &words[0], &words[1], &words[2], &words[3]);
  unsigned unused_b, unused_c, unused_d;
  __get_cpuid(1, &words[4], &unused_b, &unused_c, &unused_d);
  for (unsigned leaf = 0; leaf < 3; ++leaf) {
    unsigned* const part = words.data() + 5 + 4 * leaf;
    __get_cpuid(0x8000'0002 + leaf, part, part + 1, part + 2, part + 3);
  }
  return words;
}

}  // namespace baryon::host
