// A guest kernel of a few dozen instructions for tests of the host: checks what the host has set up, makes a nop QCall,
// halts, reports and shuts down. As an ELF image with a kernel header, like the real one.
#pragma once

#include <cstddef>
#include <vector>

namespace baryon::host::test {

// What the stub does before it exits with status 42. Any check that fails makes it exit with the step's number (1..).
enum class StubMode {
  regular,       // environment, QCall, halt with a deadline in the past
  triple_fault,  // jumps to an unmapped address, with no handler for what follows
  stray_store,   // stores 8 bytes where doorbells take 4
  bad_doorbell,  // rings a doorbell that does not exist
  spin,          // loops without ever answering
};

[[nodiscard]] std::vector<std::byte> stub_kernel(StubMode mode);

}  // namespace baryon::host::test
