#include "hypervisor/sockets/interfaces.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace baryon::host {
namespace {

constexpr std::size_t kPart = 32 * 1024;         // the kernel's messages are no longer
constexpr std::size_t kMostBytes = 1024 * 1024;  // of an answer; a host with more interfaces is cut there

}  // namespace

Expected<void> Interfaces::open() {
  socket_ = UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  // A host without it has no interfaces to show; the guest is told when it asks.
  return {};
}

std::int64_t Interfaces::dump(std::uint16_t type, std::uint8_t family) {
  struct {
    nlmsghdr header;
    rtgenmsg body;
  } request{};
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body);
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++sequence_;
  request.body.rtgen_family = family;
  last_.clear();
  if (::send(socket_.get(), &request, request.header.nlmsg_len, 0) < 0) return -errno;
  // The kernel answers while it is asked: what is not there after a call will not come.
  for (;;) {
    const std::size_t before = last_.size();
    last_.resize(before + kPart);
    const ssize_t got = ::recv(socket_.get(), last_.data() + before, kPart, MSG_DONTWAIT);
    if (got <= 0) {
      last_.resize(before);
      return got == 0 || errno == EAGAIN ? 0 : -errno;
    }
    last_.resize(before + static_cast<std::size_t>(got));
    nlmsghdr first{};
    if (static_cast<std::size_t>(got) < sizeof first) return -EIO;
    std::memcpy(&first, last_.data() + before, sizeof first);
    if (first.nlmsg_seq != sequence_) last_.resize(before);  // of an earlier dump that was left half read
    else if (first.nlmsg_type == NLMSG_DONE || first.nlmsg_type == NLMSG_ERROR) return 0;
    if (last_.size() >= kMostBytes) return 0;
  }
}

std::int64_t Interfaces::answer(const SocketRequest& request) {
  const std::uint64_t type = request.arg[0];
  const std::uint64_t family = request.arg[1];
  if (type != RTM_GETLINK && type != RTM_GETADDR && type != RTM_GETROUTE) return -EOPNOTSUPP;
  if (family != AF_UNSPEC && family != AF_INET && family != AF_INET6) return -EAFNOSUPPORT;
  if (!socket_.valid()) return -EAFNOSUPPORT;
  if (request.arg[2] == 0)
    if (const std::int64_t error = dump(static_cast<std::uint16_t>(type), static_cast<std::uint8_t>(family));
        error != 0)
      return error;
  if (request.arg[2] >= last_.size()) return 0;
  const iovec& out = request.segments[0];
  const std::size_t bytes = std::min<std::size_t>(out.iov_len, last_.size() - request.arg[2]);
  std::memcpy(out.iov_base, last_.data() + request.arg[2], bytes);
  return static_cast<std::int64_t>(bytes);
}

}  // namespace baryon::host
