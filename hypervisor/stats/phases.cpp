#include "hypervisor/stats/phases.hpp"

#include "host/counter.hpp"

namespace baryon::host {

namespace {
const std::uint64_t kProcessStart = read_counter();
}

std::uint64_t process_start_counter() { return kProcessStart; }

void Phases::mark(const char* name) { mark_at(name, read_counter()); }

void Phases::mark_at(const char* name, std::uint64_t counter) {
  if (count_ < phases_.size()) phases_[count_++] = {.name = name, .counter = counter};
}

}  // namespace baryon::host
