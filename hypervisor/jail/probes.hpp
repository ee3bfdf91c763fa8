// What a compromised sandbox process would try, tried: debug builds run the probes named in BARYON_JAIL_PROBES=all
// inside the closed jail and print what became of each. Nothing in other builds.
#pragma once

#include "hypervisor/jail/policy.hpp"

namespace baryon::host::jail {

// One line per probe on stderr: "jail-probe: ROLE NAME refused ERRNO" or "jail-probe: ROLE NAME ALLOWED".
void run_probes(Role role);

}  // namespace baryon::host::jail
