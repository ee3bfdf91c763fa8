// Time stamps of a start, in counter ticks: taking one costs a few nanoseconds, the conversion comes at the end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace baryon::host {

// The counter when this process's own code began to run (static initialisation).
[[nodiscard]] std::uint64_t process_start_counter();

struct Phase {
  const char* name;       // literal: what has just been done
  std::uint64_t counter;  // when it was done
};

class Phases {
 public:
  // The phase `name` ends now, or at `counter`. More than fit are dropped.
  void mark(const char* name);
  void mark_at(const char* name, std::uint64_t counter);
  [[nodiscard]] std::span<const Phase> all() const { return {phases_.data(), count_}; }

 private:
  std::array<Phase, 16> phases_{};
  std::size_t count_ = 0;
};

}  // namespace baryon::host
