#include "hypervisor/sandbox/probe.hpp"

namespace baryon::host {

std::string_view kvm_obstacle(const HostProbe& probe, Privilege privilege) {
  // A kernel at CPL 0 gets its system calls by SYSCALL alone.
  const bool stuck = privilege == Privilege::split && probe.cpu.ran && !probe.cpu.syscall_reaches_cpl0;
  return stuck ? "SYSCALL does not reach CPL 0 on this KVM" : "";
}

}  // namespace baryon::host
