// What this host can do for a sandbox, found out by trying. `baryon doctor` prints it; a start asks the engines for no
// more than it needs (choose_engine()).
#pragma once

#include <string>
#include <vector>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/engine/list/support_matrix.hpp"

namespace baryon::host {

struct CombinationStatus {
  Combination combination;
  bool supported = false;  // this host can run it
  std::string reason;      // why, or why not
};

struct HostProbe {
  struct Capability {
    std::string name;  // as in <linux/kvm.h>: "KVM_CAP_USER_MEMORY"
    bool present = false;
    bool required = true;
  };

  struct Kvm {
    bool usable = false;   // a sandbox can run on it
    std::string reason;    // why, or why not, in one sentence without a period
    int api_version = -1;  // -1: could not be asked
    std::vector<Capability> capabilities;
  };

  // A tiny guest that times CPL 0 code and executes SYSCALL at CPL 3. Meaningful only when `ran`.
  struct Cpu {
    bool ran = false;
    bool from_cache = false;
    double cpl0_ns_per_instruction = 0;
    bool syscall_reaches_cpl0 = false;
    std::string reason;  // why it did not run, or what the figures mean
  };

  // What `--engine auto --privilege auto` takes for a guest of the host's architecture. `supported` false: nothing runs
  // here, and `why` says so.
  struct Automatic {
    bool supported = false;
    Engine engine = Engine::kvm;
    Privilege privilege = Privilege::linked;
    std::string why;
  };

  Kvm kvm;
  Cpu cpu;
  Automatic automatic;
  std::vector<CombinationStatus> combinations;  // every row of the support matrix
};

// Never fails: what cannot be found out is reported as such. Takes a few milliseconds, less with the cache.
[[nodiscard]] HostProbe probe_host();

}  // namespace baryon::host
