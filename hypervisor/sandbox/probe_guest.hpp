// The tiny guest that measures what privileged code costs here: part of engine kvm, where the host's architecture has
// it.
#pragma once

#include "hypervisor/engine/kvm/per_arch.hpp"

namespace baryon::host {

using kvm::measure_with_guest;
using kvm::ProbeMeasurement;

}  // namespace baryon::host
