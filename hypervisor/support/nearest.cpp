#include "hypervisor/support/nearest.hpp"

#include <algorithm>
#include <array>

namespace baryon::host {

unsigned edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kLongest = 64;
  a = a.substr(0, kLongest);
  b = b.substr(0, kLongest);
  // Three rows of the dynamic programming table: a swap of neighbours looks two rows back.
  std::array<std::array<unsigned, kLongest + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<unsigned>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = static_cast<unsigned>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty()) return {};
  std::string_view best;
  unsigned best_distance = std::max<unsigned>(1, static_cast<unsigned>(std::min<std::size_t>(word.size(), 64) / 3));
  bool found = false;
  for (const std::string_view candidate : candidates) {
    const unsigned distance = edit_distance(word, candidate);
    if (distance < best_distance || (distance == best_distance && !found)) {
      best = candidate;
      best_distance = distance;
      found = true;
    }
  }
  if (found) return best;

  std::size_t beginning_with_word = 0;
  for (const std::string_view candidate : candidates) {
    if (!candidate.starts_with(word)) continue;
    best = candidate;
    ++beginning_with_word;
  }
  return beginning_with_word == 1 ? best : std::string_view{};
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates, std::string_view prefix,
                         std::string_view otherwise) {
  const std::string_view near = nearest(word, candidates);
  if (near.empty()) return std::string(otherwise);
  std::string text = "did you mean '";
  text += prefix;
  text += near;
  text += "'?";
  return text;
}

}  // namespace baryon::host
