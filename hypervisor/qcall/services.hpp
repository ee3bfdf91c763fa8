// What each operation does: requests in, outcomes out. Knows nothing of rings, queues or threads; the server's mutex
// guards it.
#pragma once

#include <cstdint>

#include "hypervisor/files/handle_table.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/qcall/exec_desk.hpp"
#include "hypervisor/qcall/operation.hpp"
#include "hypervisor/qcall/vcpu_control.hpp"
#include "hypervisor/sockets/service.hpp"
#include "hypervisor/streams/transfer.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host {

class Services {
 public:
  Services(const GuestMemory& memory, VcpuControl& control, std::uint32_t vcpus, abi::Gpa release_floor);

  // Who starts programs; before the first request.
  void set_exec_desk(ExecDesk* desk) noexcept { desk_ = desk; }

  [[nodiscard]] HandleTable& handles() noexcept { return handles_; }
  [[nodiscard]] SocketService& sockets() noexcept { return sockets_; }
  [[nodiscard]] const GuestMemory& memory() const noexcept { return memory_; }

  // Serves `operation.request`, for the first time or again after what it waited for has come. Every operation but
  // `cancel`, which is about queues and stays in the server.
  [[nodiscard]] Outcome serve(Operation& operation);

  // The io_uring's answer to Outcome::ring.
  [[nodiscard]] Outcome ring_result(Operation& operation, std::int64_t result);

  // The descriptor that a waiting operation is about; -1 when its handle has been closed meanwhile.
  [[nodiscard]] int descriptor_of(const Operation& operation) noexcept;

 private:
  [[nodiscard]] Handle* handle_of(const Operation& operation) noexcept;
  [[nodiscard]] Outcome begin_transfer(Operation& operation, bool write);
  [[nodiscard]] Outcome poll(const Operation& operation, const Handle& handle);
  [[nodiscard]] std::int64_t with_handle(Operation& operation, Handle& handle);
  [[nodiscard]] std::int64_t with_path(const Request& request, Handle& handle);
  [[nodiscard]] std::int64_t with_two_paths(const Request& request, Handle& handle);
  std::int64_t with_attribute(const Request& request, Handle& handle);
  [[nodiscard]] std::int64_t close(std::uint32_t number);
  [[nodiscard]] std::int64_t start_vcpu(std::uint64_t number);
  [[nodiscard]] std::int64_t exec(const Request& request);
  [[nodiscard]] std::int64_t release(std::uint64_t gpa, std::uint64_t length);

  const GuestMemory& memory_;
  VcpuControl& control_;
  std::uint32_t vcpus_;
  abi::Gpa release_floor_;
  std::uint64_t started_vcpus_ = 1;  // bit per vCPU; number 0 runs from the start
  HandleTable handles_;
  SocketService sockets_;
  ExecDesk* desk_ = nullptr;  // null: this sandbox has none
};
static_assert(abi::kMaxVcpus <= 64);

}  // namespace baryon::host
