// Stands in for hypervisor/sandbox, so that the command line is tested without a virtual machine.
#include "hypervisor/cli/test/fake_sandbox.hpp"

#include "hypervisor/sandbox/sandbox.hpp"

namespace baryon::host {

test::FakeSandbox& test::fake_sandbox() {
  static FakeSandbox fake;
  return fake;
}

Expected<int> run_sandbox(const BootOptions& options, SandboxExtras /*extras*/) {
  test::fake_sandbox().booted = options;
  return test::fake_sandbox().answer;
}

HostProbe probe_host() { return test::fake_sandbox().probe; }

}  // namespace baryon::host
