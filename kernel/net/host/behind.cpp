#include "kernel/net/host/behind.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/net/host/endpoint.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::net::host {
namespace {
// A piece that took longer although its CPU has not gone to sleep was kept waiting by its own program.
constexpr u64 kSlowNs = 1'000'000;
constexpr u32 kDirectAfterSlow = 32;
constexpr u64 kPatienceNs = 2'000'000'000;
}  // namespace

SendBehind::~SendBehind() { heap_free(piece_); }

// In kernel context, perhaps on another CPU than the sender's; must not block.
void SendBehind::finished(qcall::Pending& pending, i64 result) {
  auto& self = *static_cast<SendBehind*>(pending.context());
  if (result < 0) {
    self.disabled_.store(true, std::memory_order_relaxed);
    const Errno error = Error::from_negative(result).code();
    // The next send finds out about EPIPE by itself, with its signal.
    if (error != Errno::pipe) self.endpoint_.owner_->failed(error);
  } else {
    const auto moved = self.endpoint_.judge(result, HostEndpoint::Direction::out);
    const u32 taken = moved.ok() ? static_cast<u32>(moved.value()) : 0;
    if (taken < self.length_) self.left_.store(self.length_ - taken, std::memory_order_relaxed);
  }
  if (*self.halts_ == self.halts_before_ && sched::monotonic_ns() - self.posted_at_ > kSlowNs)
    self.direct_ = kDirectAfterSlow;
  self.state_.store(State::finishing, std::memory_order_seq_cst);
  self.settled_.wake_all();
  self.state_.store(State::idle, std::memory_order_release);  // the last touch: the endpoint may go now
}

Result<u64> SendBehind::send(SendRequest& request) {
  const u64 length = request.data.remaining();
  if (length == 0 || length > kMost || request.to != nullptr || !request.control.empty() ||
      disabled_.load(std::memory_order_relaxed))
    return Errno::again;
  const u32 now = endpoint_.readiness();
  if (!(now & io::kPollOut) || (now & (io::kPollError | io::kPollHangUp))) return Errno::again;
  io::MutexGuard guard(lock_);
  if (direct_ > 0) {
    --direct_;
    return Errno::again;
  }
  if (state_.load(std::memory_order_acquire) != State::idle || left_.load(std::memory_order_relaxed) != 0)
    return Errno::again;
  if (piece_ == nullptr) {
    piece_ = static_cast<u8*>(heap_allocate(kMost));
    if (piece_ == nullptr) return Errno::again;
  }
  length_ = static_cast<u32>(TRY(request.data.copy_out(piece_, length)));
  qcall::Request call = endpoint_.request(abi::QCallOp::send);
  call.arg[2] = 1;
  call.add_segment(piece_, length_);
  posted_at_ = sched::monotonic_ns();
  halts_ = &arch::stats().halts;
  halts_before_ = *halts_;
  state_.store(State::on_its_way, std::memory_order_relaxed);
  if (!pending_.post(call).ok()) {  // the queue is full: the bytes have been taken, so they go now
    state_.store(State::idle, std::memory_order_relaxed);
    left_.store(length_, std::memory_order_relaxed);
    (void)send_rest();
  }
  return u64{length_};
}

Result<void> SendBehind::send_rest() {
  while (const u32 left = left_.load(std::memory_order_relaxed)) {
    qcall::Request call = endpoint_.request(abi::QCallOp::send);
    call.add_segment(piece_ + (length_ - left), left);
    auto answer = qcall::call(call);
    if (!answer.ok()) {  // nobody takes it any more: the next call's own result says so
      left_.store(0, std::memory_order_relaxed);
      return {};
    }
    const u64 moved = TRY(endpoint_.judge(answer.value(), HostEndpoint::Direction::out));
    left_.store(left - static_cast<u32>(moved), std::memory_order_relaxed);
  }
  return {};
}

Result<void> SendBehind::settle_locked() {
  if (state_.load(std::memory_order_seq_cst) == State::on_its_way) {
    pending_.hurry();
    (void)sched::wait(
        settled_, [&] { return state_.load(std::memory_order_seq_cst) != State::on_its_way; }, sched::kNever,
        sched::Interruptible::no);
  }
  while (state_.load(std::memory_order_acquire) != State::idle) arch::relax();
  return send_rest();
}

Result<void> SendBehind::settle() {
  if (piece_ == nullptr) return {};
  io::MutexGuard guard(lock_);
  return settle_locked();
}

void SendBehind::settle_patiently() {
  if (piece_ == nullptr) return;
  io::MutexGuard guard(lock_);
  const u64 deadline = sched::deadline_after(sched::monotonic_ns(), kPatienceNs);
  while (!settle_locked().ok()) {
    const auto room = sched::wait(
        settled_, [&] { return (endpoint_.readiness() & (io::kPollOut | io::kPollHangUp | io::kPollError)) != 0; },
        deadline, sched::Interruptible::no);
    if (!room.ok()) return;
  }
}

}  // namespace baryon::net::host
