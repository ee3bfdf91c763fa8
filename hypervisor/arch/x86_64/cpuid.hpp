// What CPUID tells the guest: what KVM supports, without the features that this kernel does not drive or that make no
// sense in a sandbox, and with the sandbox's own topology. SDM volume 2, CPUID; AMD APM volume 3, appendix E.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <vector>

#include "hypervisor/arch/x86_64/regs.hpp"

namespace baryon::host::arch {

using Cpuid = std::vector<kvm_cpuid_entry2>;

// The table of vCPU `index` of `vcpus`, from what KVM_GET_SUPPORTED_CPUID returned.
[[nodiscard]] Cpuid guest_cpuid(const Cpuid& supported, std::uint32_t index, std::uint32_t vcpus);

// Clears what this CPU lacks from CR4 and XCR0. XCR0 is 0 when the CPU has no XSAVE. False when something that the
// kernel cannot do without is missing; `missing` names it.
[[nodiscard]] bool restrict_to(const Cpuid& cpuid, CpuState& state, const char*& missing);

}  // namespace baryon::host::arch
