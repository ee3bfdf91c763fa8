// Which family makes which socket.
#include "kernel/net/inet/socket.hpp"
#include "kernel/net/netlink/socket.hpp"
#include "kernel/net/socket.hpp"
#include "kernel/net/unix/socket.hpp"

namespace baryon::net {

Result<Ref<Socket>> create_socket(u32 family, u32 type, u32 protocol) {
  switch (family) {
    case kUnix: return UnixSocket::create(type, protocol);
    case kInet:
    case kInet6: return InetSocket::create(family, type, protocol);
    case kNetlink: return NetlinkSocket::create(type, protocol);
    default: return Errno::afnosupport;
  }
}

Result<SocketPair> create_pair(u32 family, u32 type, u32 protocol) {
  if (family == kUnix) return UnixSocket::create_pair(type, protocol);
  if (family == kInet || family == kInet6) return Errno::opnotsupp;
  return Errno::afnosupport;
}

}  // namespace baryon::net
