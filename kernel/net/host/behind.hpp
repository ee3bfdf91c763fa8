// Small pieces of a stream that are sent after send() has returned, as a kernel's socket buffer would do it.
//
// The bytes are copied and the request is posted: a host that sleeps is not woken for each, but serves all that a busy
// server has posted when its vCPU goes to sleep, in one exit. One piece of a socket is on its way at a time, and only
// while the host's socket is known to have room for more than a piece, so that it takes it wholly; what it does not
// take after all is sent by whoever uses the endpoint next. A program that goes on computing after it has sent would
// keep its peer waiting until the host looks by itself (4 ms): sockets where that happens are sent to directly for a
// while.
#pragma once

#include "kernel/io/mutex.hpp"
#include "kernel/net/socket.hpp"
#include "kernel/qcall/client.hpp"

namespace baryon::net::host {

class HostEndpoint;

class SendBehind {
 public:
  static constexpr u32 kMost = 4096;  // bytes of a piece

  explicit SendBehind(HostEndpoint& endpoint) : endpoint_(endpoint), pending_(&finished, this) {}
  ~SendBehind();

  // Takes the whole request, or nothing (Errno::again): then it has to be sent directly, after settle().
  Result<u64> send(SendRequest& request);
  // Returns when nothing is on its way any more. EAGAIN: some of it does not go, the peer does not read.
  Result<void> settle();
  // Before the end: as settle(), but waits for the peer, for a while.
  void settle_patiently();
  // Small buffers are not for this.
  void disable() { disabled_.store(true, std::memory_order_relaxed); }
  // In any context: there may be room again.
  void room_again() {
    if (left_.load(std::memory_order_relaxed) != 0) settled_.wake_all();
  }

 private:
  static void finished(qcall::Pending& pending, i64 result);
  Result<void> send_rest() BARYON_REQUIRES(lock_);
  Result<void> settle_locked() BARYON_REQUIRES(lock_);

  HostEndpoint& endpoint_;
  io::Mutex lock_;  // who sends; the piece is the host's while it is on its way
  u8* piece_ = nullptr;
  u32 length_ = 0;
  u64 posted_at_ = 0;
  const u64* halts_ = nullptr;  // of the CPU that posted, and how many there had been
  u64 halts_before_ = 0;
  u32 direct_ = 0;  // that many are sent directly yet
  qcall::Pending pending_;
  // finishing: the outcome is there, and the host's answer is still being dealt with, perhaps on another CPU.
  enum class State : u32 { idle, on_its_way, finishing };
  std::atomic<State> state_{State::idle};
  std::atomic<u32> left_{0};  // bytes at the piece's end that the host has not taken
  std::atomic<bool> disabled_{false};
  sched::WaitQueue settled_;
};

}  // namespace baryon::net::host
