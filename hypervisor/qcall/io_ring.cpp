#include "hypervisor/qcall/io_ring.hpp"

#include <cerrno>

namespace baryon::host {
namespace {

constexpr unsigned kEntries = 64;  // submitted in batches of at most this many; not a limit on what is in flight
constexpr unsigned kCompletions = 512;

constexpr Token kIgnored{Token::Kind::ignored, 0, 0, 0};

}  // namespace

Expected<std::unique_ptr<IoRing>> IoRing::create() {
  std::unique_ptr<IoRing> ring(new IoRing);
  const unsigned wanted[] = {
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,  // Linux 6.1
      0,
  };
  int error = 0;
  for (const unsigned flags : wanted) {
    io_uring_params parameters = {};
    parameters.flags = flags | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    parameters.cq_entries = kCompletions;
    error = -io_uring_queue_init_params(kEntries, &ring->ring_, &parameters);
    if (error == 0) {
      // NODROP (Linux 5.5): completions beyond the ring's size are kept by the kernel.
      if ((parameters.features & IORING_FEAT_NODROP) == 0) error = ENOSYS;
      ring->created_ = true;
      ring->deferred_ = (flags & IORING_SETUP_DEFER_TASKRUN) != 0;
      break;
    }
    if (error != EINVAL) break;
  }
  switch (error) {
    case 0: return ring;
    case EPERM:
      return fail(
          "io_uring is forbidden on this host",
          "set sysctl kernel.io_uring_disabled=0, or allow io_uring_setup in the seccomp profile around baryon");
    case ENOSYS: return fail("this kernel has no usable io_uring", "Linux 5.10 or later, built with CONFIG_IO_URING");
    case ENOMEM: return fail_errno("cannot create an io_uring", error, "raise the limit of locked memory: ulimit -l");
    default: return fail_errno("cannot create an io_uring", error);
  }
}

IoRing::~IoRing() {
  if (created_) io_uring_queue_exit(&ring_);
}

int IoRing::enable() noexcept {
  // Not io_uring_enable_rings(): Debian's liburing 2.3 does not export it.
  return io_uring_register(static_cast<unsigned>(ring_.ring_fd), IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
}

io_uring_sqe* IoRing::entry(Token token) noexcept {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    submit();
    sqe = io_uring_get_sqe(&ring_);
  }
  // io_uring_prep_* do not touch user_data.
  io_uring_sqe_set_data64(sqe, token.encode());
  ++outstanding_;
  return sqe;
}

void IoRing::read_doorbell(int descriptor, std::uint64_t* buffer) noexcept {
  io_uring_sqe* sqe = entry({Token::Kind::doorbell, 0, 0, 0});
  io_uring_prep_read(sqe, descriptor, buffer, sizeof *buffer, 0);
}

void IoRing::poll(int descriptor, std::uint32_t events, Token token) noexcept {
  io_uring_prep_poll_add(entry(token), descriptor, events);
}

void IoRing::transfer(int descriptor, const Transfer& transfer, Token token) noexcept {
  io_uring_sqe* sqe = entry(token);
  const auto parts = static_cast<unsigned>(transfer.next_count());
  if (transfer.write)
    io_uring_prep_writev2(sqe, descriptor, transfer.next(), parts, transfer.offset, transfer.rw_flags());
  else io_uring_prep_readv2(sqe, descriptor, transfer.next(), parts, transfer.offset, transfer.rw_flags());
}

void IoRing::sync(int descriptor, bool data_only, Token token) noexcept {
  io_uring_prep_fsync(entry(token), descriptor, data_only ? IORING_FSYNC_DATASYNC : 0);
}

void IoRing::timer(const __kernel_timespec& delay, Token token) noexcept {
  io_uring_prep_timeout(entry(token), const_cast<__kernel_timespec*>(&delay), 0, 0);
}

void IoRing::cancel(Token token) noexcept { io_uring_prep_cancel64(entry(kIgnored), token.encode(), 0); }

void IoRing::submit() noexcept {
  while (io_uring_sq_ready(&ring_) != 0) {
    const int result = io_uring_submit(&ring_);
    // EAGAIN, EBUSY: short of memory or completions unread; both pass. Anything else would be our own mistake.
    if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY) __builtin_trap();
    if (result == -EAGAIN || result == -EBUSY) io_uring_get_events(&ring_);
  }
}

void IoRing::wait() noexcept {
  submit();
  io_uring_enter(static_cast<unsigned>(ring_.ring_fd), 0, 1, IORING_ENTER_GETEVENTS, nullptr);
}

void IoRing::wait_for(std::int64_t milliseconds) noexcept {
  submit();
  __kernel_timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  io_uring_cqe* cqe = nullptr;
  io_uring_wait_cqe_timeout(&ring_, &cqe, &limit);
}

bool IoRing::ready() const noexcept {
  return io_uring_cq_ready(&ring_) != 0 ||
         (IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

bool IoRing::next(RingCompletion& completion) noexcept {
  if (io_uring_cq_ready(&ring_) == 0) {
    if (!ready()) return false;
    io_uring_get_events(&ring_);
    if (io_uring_cq_ready(&ring_) == 0) return false;
  }
  io_uring_cqe* cqe = nullptr;
  if (io_uring_peek_cqe(&ring_, &cqe) != 0 || cqe == nullptr) return false;
  completion.token = Token::decode(cqe->user_data);
  completion.result = cqe->res;
  io_uring_cqe_seen(&ring_, cqe);
  --outstanding_;
  return true;
}

}  // namespace baryon::host
