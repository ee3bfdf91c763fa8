// QCall server: answers the guest's requests (kernel/abi/qcall.hpp) with the host's files and streams.
//
//   guest vCPU ── sq ──> QCallServer ── direct system calls ──> files, streams that are ready
//              <── cq ──      │   └──── io_uring ─────────────> whatever has to wait
//                             └─ help(): a vCPU thread about to sleep serves its own queue
//
// One thread. It spins while requests keep coming (SandboxPage::host_awake = 1) and otherwise sleeps in io_uring, where
// a read of the doorbell's eventfd is always pending; idle, it has no timer and uses no CPU. The io_uring belongs to
// that thread alone: a helping vCPU thread finishes what can be finished at once and hands over the rest.
//
// Locking: one mutex guards queues, handles and requests in flight. The server thread holds it whenever it is awake;
// help() only tries it.
//
// Process-wide effects of create(): SIGPIPE and SIGXFSZ are ignored (both come back as errno), the soft limit of open
// files is raised to the hard one. Threads that serve get an umask of their own, 0; the process's stays.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/qcall/exec_desk.hpp"
#include "hypervisor/qcall/stats.hpp"
#include "hypervisor/qcall/vcpu_control.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/qcall.hpp"

namespace baryon::host {

// A host directory or regular file that the guest may mount.
struct HostMount {
  std::string path;
  bool read_only = true;
};

// The handle of QCallConfig::mounts[0]; the others follow in order (abi::Mount::host_handle).
inline constexpr std::uint32_t kFirstMountHandle = 3;

enum class SpinMode : std::uint8_t {
  automatic,  // where the host has a second core
  never,
  always,  // never sleeps; for measurements
};

struct QCallConfig {
  GuestMemory& memory;  // outlives the server
  abi::Gpa queues;      // QCallQueue[vcpus], kQueueSize apart
  std::uint32_t vcpus;
  abi::Gpa sandbox_page;
  abi::Gpa sockets = 0;    // SocketReadiness; 0: no sockets for this guest
  abi::Gpa release_floor;  // QCall `release` touches nothing below (the host's boot structures)
  std::vector<HostMount> mounts;
  std::array<int, 3> standard_streams{0, 1, 2};  // borrowed descriptors; -1 or a closed one: the guest sees EBADF
  std::vector<UniqueFd> more_streams;            // handles behind those of the mounts, in this order
  ExecDesk* exec_desk = nullptr;                 // who starts programs later; outlives the server
  SpinMode spin = SpinMode::automatic;
};

class QCallServer {
 public:
  // Opens the mounts and the io_uring; no thread yet. Errors name the mount, or the setting that forbids io_uring.
  static Expected<std::unique_ptr<QCallServer>> create(QCallConfig config, VcpuControl& control);

  // Stops if need be.
  ~QCallServer();
  QCallServer(const QCallServer&) = delete;
  QCallServer& operator=(const QCallServer&) = delete;

  // Starts the thread (all signals blocked in it). Once.
  Expected<void> start();

  // Makes a sleeping server look at its queues. Any thread; async-signal-safe.
  void doorbell() noexcept;

  // The eventfd behind doorbell(), for an ioeventfd; the server keeps ownership.
  [[nodiscard]] int doorbell_descriptor() const noexcept;

  // Whether the server spins on this host, i.e. whether abi::kBootSpinner makes sense.
  [[nodiscard]] bool spins() const noexcept;

  // From the thread of vCPU `vcpu`, which is about to sleep: serves what the vCPU has submitted. Never waits for the
  // server thread or for a stream. True when something was completed.
  bool help(std::uint32_t vcpu);

  // From the thread of a vCPU that is about to sleep, or sleeps and has found readiness_descriptor() readable:
  // publishes what has become of sockets. Other vCPUs concerned have been told when it returns. True if there was
  // anything.
  bool look_at_sockets(std::uint32_t vcpu);
  // Makes a sleeping server look at its queues if there is something that a vCPU has left to be served later.
  void nudge() noexcept;
  // Readable when look_at_sockets() has something to do; -1: never. The server keeps ownership.
  [[nodiscard]] int readiness_descriptor() const noexcept;

  // Streams for a program that is started later: their handles, which are the guest's to close. All or none. Any
  // thread, not from a callback.
  Expected<std::vector<std::uint32_t>> add_streams(std::vector<UniqueFd> streams);
  void close_handles(const std::vector<std::uint32_t>& handles);

  // Tells the thread to end and does not wait: stop() will then take less time. Any thread.
  void request_stop();
  // Ends the thread; requests in flight are dropped, and the host's kernel no longer touches guest memory on their
  // behalf when it returns. Restores terminal modes. Idempotent. Not from a callback of VcpuControl.
  void stop();

  [[nodiscard]] QCallStats stats() const;

 private:
  struct State;
  explicit QCallServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace baryon::host
