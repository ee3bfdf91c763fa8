#include "hypervisor/sockets/options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace baryon::host {
namespace {

enum Access : std::uint8_t { kGet = 1, kSet = 2, kBoth = 3 };

struct Allowed {
  std::uint16_t level, name;
  Access access;
};

constexpr Allowed kAllowed[] = {
    {SOL_SOCKET, SO_REUSEADDR, kBoth},
    {SOL_SOCKET, SO_REUSEPORT, kBoth},
    {SOL_SOCKET, SO_KEEPALIVE, kBoth},
    {SOL_SOCKET, SO_BROADCAST, kBoth},
    {SOL_SOCKET, SO_LINGER, kBoth},
    {SOL_SOCKET, SO_OOBINLINE, kBoth},
    {SOL_SOCKET, SO_SNDBUF, kBoth},
    {SOL_SOCKET, SO_RCVBUF, kBoth},
    {SOL_SOCKET, SO_RCVLOWAT, kBoth},
    {SOL_SOCKET, SO_DONTROUTE, kBoth},
    {SOL_SOCKET, SO_ERROR, kGet},
    {SOL_SOCKET, SO_PRIORITY, kBoth},
    {SOL_SOCKET, SO_TIMESTAMP, kBoth},
    {SOL_SOCKET, SO_TIMESTAMPNS, kBoth},
    {SOL_SOCKET, SO_RXQ_OVFL, kBoth},
    {SOL_SOCKET, SO_COOKIE, kGet},
    {IPPROTO_TCP, TCP_NODELAY, kBoth},
    {IPPROTO_TCP, TCP_MAXSEG, kBoth},
    {IPPROTO_TCP, TCP_CORK, kBoth},
    {IPPROTO_TCP, TCP_KEEPIDLE, kBoth},
    {IPPROTO_TCP, TCP_KEEPINTVL, kBoth},
    {IPPROTO_TCP, TCP_KEEPCNT, kBoth},
    {IPPROTO_TCP, TCP_SYNCNT, kBoth},
    {IPPROTO_TCP, TCP_LINGER2, kBoth},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, kBoth},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, kBoth},
    {IPPROTO_TCP, TCP_INFO, kGet},
    {IPPROTO_TCP, TCP_QUICKACK, kBoth},
    {IPPROTO_TCP, TCP_CONGESTION, kGet},  // setting one may load a module
    {IPPROTO_TCP, TCP_USER_TIMEOUT, kBoth},
    {IPPROTO_TCP, TCP_FASTOPEN, kBoth},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, kBoth},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, kBoth},
    {IPPROTO_UDP, UDP_CORK, kBoth},
    {IPPROTO_IP, IP_TOS, kBoth},
    {IPPROTO_IP, IP_TTL, kBoth},
    {IPPROTO_IP, IP_PKTINFO, kBoth},
    {IPPROTO_IP, IP_MTU_DISCOVER, kBoth},
    {IPPROTO_IP, IP_RECVERR, kBoth},
    {IPPROTO_IP, IP_RECVTTL, kBoth},
    {IPPROTO_IP, IP_RECVTOS, kBoth},
    {IPPROTO_IP, IP_MTU, kGet},
    {IPPROTO_IP, IP_FREEBIND, kBoth},
    {IPPROTO_IP, IP_RECVORIGDSTADDR, kBoth},
    {IPPROTO_IP, IP_MULTICAST_IF, kBoth},
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, kSet},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, kSet},
    {IPPROTO_IP, IP_MULTICAST_TTL, kBoth},
    {IPPROTO_IP, IP_MULTICAST_LOOP, kBoth},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, kBoth},
    {IPPROTO_IPV6, IPV6_V6ONLY, kBoth},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, kBoth},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, kBoth},
    {IPPROTO_IPV6, IPV6_RECVERR, kBoth},
    {IPPROTO_IPV6, IPV6_TCLASS, kBoth},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, kBoth},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, kBoth},
    {IPPROTO_IPV6, IPV6_MTU, kGet},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, kBoth},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, kBoth},
    {IPPROTO_IPV6, IPV6_JOIN_GROUP, kSet},
    {IPPROTO_IPV6, IPV6_LEAVE_GROUP, kSet},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, kBoth},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, kBoth},
};

bool allowed(std::uint64_t level, std::uint64_t name, Access access) {
  return std::ranges::any_of(kAllowed, [&](const Allowed& each) {
    return each.level == level && each.name == name && (each.access & access) != 0;
  });
}

}  // namespace

std::int64_t get_socket_option(int descriptor, std::uint64_t level, std::uint64_t name, std::byte* value,
                               std::size_t size) {
  if (!allowed(level, name, kGet)) return -ENOPROTOOPT;
  auto length = static_cast<socklen_t>(size);
  if (::getsockopt(descriptor, static_cast<int>(level), static_cast<int>(name), value, &length) != 0) return -errno;
  return static_cast<std::int64_t>(std::min<std::size_t>(length, size));
}

std::int64_t set_socket_option(int descriptor, std::uint64_t level, std::uint64_t name, const std::byte* value,
                               std::size_t size) {
  if (!allowed(level, name, kSet)) return -ENOPROTOOPT;
  // close(2) waits for the time given here, even of a non-blocking socket: only "no time at all" is passed on.
  if (level == SOL_SOCKET && name == SO_LINGER) {
    linger wanted{};
    if (size < sizeof wanted) return -EINVAL;
    std::memcpy(&wanted, value, sizeof wanted);
    if (wanted.l_onoff != 0 && wanted.l_linger != 0) return 0;
  }
  return ::setsockopt(descriptor, static_cast<int>(level), static_cast<int>(name), value,
                      static_cast<socklen_t>(size)) == 0
             ? 0
             : -errno;
}

bool may_send_control(int level, int type) {
  return (level == IPPROTO_IP && (type == IP_PKTINFO || type == IP_TOS || type == IP_TTL)) ||
         (level == IPPROTO_IPV6 && (type == IPV6_PKTINFO || type == IPV6_TCLASS || type == IPV6_HOPLIMIT));
}

}  // namespace baryon::host
