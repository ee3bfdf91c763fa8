// "Did you mean": the candidate that a misspelt word was most likely meant to be.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace baryon::host {

// Number of single-character insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
// O(a*b) time; both are cut at 64 bytes, as nothing longer is a typing error.
[[nodiscard]] unsigned edit_distance(std::string_view a, std::string_view b);

// The candidate at the smallest distance, if that is at most a third of the word's length (at least 1); a word that is
// the beginning of exactly one candidate counts as near. Empty when nothing is. The first of equals wins.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// "did you mean '<prefix><nearest>'?", or `otherwise` when nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                                       std::string_view prefix, std::string_view otherwise);

}  // namespace baryon::host
