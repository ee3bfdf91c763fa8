// What a compromised sandbox process would try, tried: release/baryon-prober runs the probes inside the closed jail
// when BARYON_JAIL_PROBES=all is in its environment, and prints what became of each. It is the release binary but for
// this file; in the others run_probes does nothing.
#pragma once

#include "hypervisor/jail/policy.hpp"

namespace baryon::host::jail {

// One line per probe on stderr: "jail-probe: ROLE NAME refused ERRNO" or "jail-probe: ROLE NAME ALLOWED".
void run_probes(Role role);

}  // namespace baryon::host::jail
