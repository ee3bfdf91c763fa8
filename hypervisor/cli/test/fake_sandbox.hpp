// What the fake of the sandbox module has seen, and what it answers, in the tests of the command line.
#pragma once

#include <optional>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/sandbox/probe.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::test {

struct FakeSandbox {
  std::optional<BootOptions> booted;  // of the last run_sandbox()
  Expected<int> answer = 0;
  HostProbe probe;
};

FakeSandbox& fake_sandbox();

}  // namespace baryon::host::test
