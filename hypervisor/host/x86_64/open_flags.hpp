// Flags of open(2), whose values differ between architectures: the contract has those of x86-64.
#pragma once

#include <cstdint>

namespace baryon::host {

[[nodiscard]] constexpr std::uint64_t from_contract_open_flags(std::uint64_t flags) { return flags; }

}  // namespace baryon::host
