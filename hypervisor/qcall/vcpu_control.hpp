// What the QCall server asks of the sandbox that it serves.
//
// Called with the server's mutex held, from the server thread or from a vCPU thread inside QCallServer::help(): an
// implementation must not call back into the server (doorbell() excepted) and must not block.
#pragma once

#include <cstdint>

namespace baryon::host {

struct VcpuControl {
  virtual ~VcpuControl() = default;

  // Lets vCPU `number` (1..vcpus-1, each at most once) run. False when the host has no resources for it.
  virtual bool start_vcpu(std::uint32_t number) = 0;

  // A completion for vCPU `number` has been published: set its `event`, wake it if it sleeps.
  virtual void notify_vcpu(std::uint32_t number) = 0;

  // The guest broke the ring protocol: stop the sandbox. `what` is a literal. Called at most once; the server answers
  // nothing afterwards.
  virtual void guest_lied(const char* what) = 0;
};

}  // namespace baryon::host
