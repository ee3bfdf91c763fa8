// What this host can do for a sandbox, found out by trying. `baryon doctor` prints it; `auto` is resolved by it.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/config/boot_options.hpp"

namespace baryon::host {

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
    bool cpl0_is_slow = false;  // compared with CPL 3 code
    bool syscall_reaches_cpl0 = false;
    std::string reason;  // why it did not run, or what the figures mean
  };

  // What `--engine auto --privilege auto` takes. `supported` false: nothing runs here, and `why` says so.
  struct Automatic {
    bool supported = false;
    Engine engine = Engine::kvm;
    Privilege privilege = Privilege::linked;
    std::string why;
  };

  // QEMU for the guest's architecture.
  struct Tcg {
    bool usable = false;
    std::string reason;
  };

  Kvm kvm;
  Tcg tcg;
  Cpu cpu;
  Automatic automatic;
};

// Why this host's KVM cannot run guests of a privilege model; empty when it can, or when that is not known.
[[nodiscard]] std::string_view kvm_obstacle(const HostProbe& probe, Privilege privilege);

// Never fails: what cannot be found out is reported as such. Takes at most a few milliseconds, less with the cache.
[[nodiscard]] HostProbe probe_host(Arch guest = kHostArch);

}  // namespace baryon::host
