#include "hypervisor/config/support_matrix.hpp"

namespace baryon::host {

namespace {

constexpr std::string_view kNotYet = "not implemented in this version";

constexpr Combination kMatrix[] = {
    {Engine::kvm, Privilege::linked, Arch::x86_64, true, {}}, {Engine::kvm, Privilege::split, Arch::x86_64, true, {}},
    {Engine::tcg, Privilege::linked, Arch::x86_64, true, {}}, {Engine::tcg, Privilege::split, Arch::x86_64, true, {}},
    {Engine::kvm, Privilege::split, Arch::aarch64, true, {}}, {Engine::tcg, Privilege::split, Arch::aarch64, true, {}},
};

}  // namespace

std::span<const Combination> support_matrix() { return kMatrix; }

const Combination* find_combination(Engine engine, Privilege privilege, Arch arch) {
  for (const Combination& row : kMatrix)
    if (row.engine == engine && row.privilege == privilege && row.arch == arch) return &row;
  return nullptr;
}

}  // namespace baryon::host
