#include "hypervisor/sockets/readiness.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace baryon::host {
namespace {

constexpr int kBatch = 128;

// The bits of a snapshot are poll(2)'s as far as they fit into its byte.
static_assert(abi::kSocketIn == EPOLLIN && abi::kSocketOut == EPOLLOUT && abi::kSocketError == EPOLLERR &&
              abi::kSocketHangUp == EPOLLHUP && abi::kSocketPriority == EPOLLPRI && EPOLLRDHUP == POLLRDHUP);

std::uint32_t to_state(std::uint32_t events) {
  constexpr std::uint32_t kSame =
      abi::kSocketIn | abi::kSocketOut | abi::kSocketPriority | abi::kSocketError | abi::kSocketHangUp;
  return (events & kSame) | ((events & EPOLLRDHUP) != 0 ? abi::kSocketReadHangUp : 0);
}

}  // namespace

Expected<SocketReadiness> SocketReadiness::create(abi::SocketReadiness& shared) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return fail_errno("cannot create an epoll instance", errno);
  return SocketReadiness(shared, std::move(epoll));
}

std::int64_t SocketReadiness::add(std::uint32_t socket, int descriptor, std::uint32_t vcpu) {
  if (socket >= entries_.size()) entries_.resize(socket + 1u);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;
  event.data.u32 = socket;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return -errno;
  entries_[socket].watched = true;
  ++watched_;
  used_by(socket, vcpu);
  refresh(socket, descriptor);
  return 0;
}

// Closing the descriptor takes it out of the epoll instance.
void SocketReadiness::remove(std::uint32_t socket) noexcept {
  if (socket >= entries_.size() || !entries_[socket].watched) return;
  entries_[socket].watched = false;
  entries_[socket].buffer = {};
  entries_[socket].holds = false;
  --watched_;
}

void SocketReadiness::publish(std::uint32_t socket, std::uint32_t state) noexcept {
  Entry& entry = entries_[socket];
  entry.number = (entry.number + 1) & abi::kSnapshotMask;
  entry.state = static_cast<std::uint8_t>(state);
  shared_->state[socket].store(entry.number << abi::kSnapshotShift | state, std::memory_order_release);
  // Release: whoever takes a bit sees what it stands for.
  shared_->dirty[socket / 64].fetch_or(std::uint64_t{1} << socket % 64, std::memory_order_release);
  shared_->summary[socket / 4096].fetch_or(std::uint64_t{1} << socket / 64 % 64, std::memory_order_release);
}

void SocketReadiness::refresh(std::uint32_t socket, int descriptor) noexcept {
  pollfd now{.fd = descriptor, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP, .revents = 0};
  if (::poll(&now, 1, 0) >= 0) publish(socket, to_state(static_cast<std::uint16_t>(now.revents)));
}

std::uint32_t SocketReadiness::fill(std::uint32_t socket, std::uint32_t state) noexcept {
  Entry& entry = entries_[socket];
  if ((state & abi::kSocketIn) == 0 || entry.buffer.iov_len == 0) return state;
  const ssize_t got = ::recv(entry.descriptor, entry.buffer.iov_base, entry.buffer.iov_len, MSG_DONTWAIT);
  // The end and errors are for `receive` to tell.
  if (got <= 0) return state;
  shared_->arrived[socket].store(static_cast<std::uint32_t>(got), std::memory_order_release);
  if (static_cast<std::size_t>(got) < entry.buffer.iov_len) state &= ~abi::kSocketIn;
  entry.buffer = {};
  entry.holds = true;
  return state;
}

void SocketReadiness::collect() noexcept {
  if (watched_ == 0) return;
  std::array<epoll_event, kBatch> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kBatch, 0);
    for (int i = 0; i < count; ++i) {
      const std::uint32_t socket = events[static_cast<std::size_t>(i)].data.u32;
      publish(socket, fill(socket, to_state(events[static_cast<std::size_t>(i)].events)));
      untold_ |= std::uint64_t{1} << entries_[socket].vcpu;
    }
    if (count < kBatch) return;
  }
}

}  // namespace baryon::host
