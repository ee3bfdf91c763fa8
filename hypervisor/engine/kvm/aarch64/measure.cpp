// Nothing to measure: EL1 code runs natively on every KVM, and SVC always reaches it.
#include "hypervisor/engine/kvm/per_arch.hpp"

namespace baryon::host::kvm {

bool has_measurement() { return false; }

Expected<ProbeMeasurement> measure_with_guest() { return fail("there is nothing to measure on this architecture"); }

}  // namespace baryon::host::kvm
