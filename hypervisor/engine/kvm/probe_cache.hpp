// Keeps the probe's measurement for the next start: one line of text in a directory of the user's own.
//
// $XDG_CACHE_HOME/baryon, else /var/cache/baryon for root, else $HOME/.cache/baryon; never a directory that others can
// write, as what is read decides how a sandbox runs. Valid for one boot of one kernel on one CPU model. Whatever goes
// wrong with it means that it is not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hypervisor/engine/kvm/per_arch.hpp"

namespace baryon::host::kvm {

class ProbeCache {
 public:
  ProbeCache();
  // For tests: a given file and key.
  ProbeCache(std::string directory, std::string key) : directory_(std::move(directory)), key_(std::move(key)) {}

  [[nodiscard]] std::optional<ProbeMeasurement> load() const;
  // Replaces the file atomically.
  void store(const ProbeMeasurement& measurement) const;

 private:
  std::string directory_;  // empty: no cache
  std::string key_;        // no newline
};

// The file's content, and back; nullopt when it is anything else or for another key.
[[nodiscard]] std::string to_cache_text(const ProbeMeasurement& measurement, std::string_view key);
[[nodiscard]] std::optional<ProbeMeasurement> from_cache_text(std::string_view text, std::string_view key);

}  // namespace baryon::host::kvm
