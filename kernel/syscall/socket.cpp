// Making, naming and connecting sockets: socket(2), bind(2), listen(2), accept(2), connect(2), shutdown(2).
#include "kernel/syscall/socket_support.hpp"

namespace baryon::syscall {
namespace {

constexpr u64 kFlagMask = fs::kCloseOnExec | fs::kNonBlock;

Result<u32> type_of(u64 argument) {
  if (argument & ~(net::kTypeMask | kFlagMask)) return Errno::inval;
  return static_cast<u32>(argument & net::kTypeMask);
}

// The socket's inode comes first, so that nobody can connect before the name is whole.
Result<void> bind_path(net::Socket& socket, net::Address& address) {
  const std::string_view path = address.path();
  const fs::Place place = TRY(place_of(static_cast<u32>(fs::kCurrentDirectory), path));
  auto made = fs::mknod(place, path, fs::kSocket | (0777 & ~fs::current_umask()), 0);
  if (!made.ok()) return made.error().code() == Errno::exist ? Error(Errno::addrinuse) : made.error();
  auto resolved = resolve_address(socket, address);
  if (resolved.ok()) resolved = socket.bind(address);
  if (!resolved.ok()) (void)fs::unlink(place, path, false);
  return resolved;
}

Result<u64> accept_on(SyscallContext& c, u64 flags) {
  if (flags & ~kFlagMask) return Errno::inval;
  SocketAt at = TRY(socket_at(c.arg[0]));
  net::Address peer;
  Ref<net::Socket> accepted = TRY(at->accept(at.nonblocking(), &peer));
  if (c.arg[1] != 0) TRY(store_address(peer, c.arg[1], c.arg[2]));
  return install_socket(std::move(accepted), flags);
}

}  // namespace

Result<u64> sys_socket(SyscallContext& c) {
  const u32 type = TRY(type_of(static_cast<u32>(c.arg[1])));
  return install_socket(TRY(net::create_socket(static_cast<u32>(c.arg[0]), type, static_cast<u32>(c.arg[2]))),
                        c.arg[1]);
}

Result<u64> sys_socketpair(SyscallContext& c) {
  const u32 type = TRY(type_of(static_cast<u32>(c.arg[1])));
  net::SocketPair pair = TRY(net::create_pair(static_cast<u32>(c.arg[0]), type, static_cast<u32>(c.arg[2])));
  const u32 flags = static_cast<u32>(c.arg[1]) & fs::kNonBlock;
  Ref<fs::File> a = TRY(make_ref<fs::ObjectFile>(flags, Ref<io::Object>(std::move(pair.a))));
  Ref<fs::File> b = TRY(make_ref<fs::ObjectFile>(flags, Ref<io::Object>(std::move(pair.b))));
  u32 fds[2];
  TRY(fs::current_files().install_pair(std::move(a), std::move(b), c.arg[1] & fs::kCloseOnExec, fs::descriptor_limit(),
                                       fds));
  if (!arch::copy_to_user(c.arg[3], fds, sizeof fds)) {
    (void)fs::current_files().remove(fds[0]);
    (void)fs::current_files().remove(fds[1]);
    return Errno::fault;
  }
  return u64{0};
}

Result<u64> sys_bind(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  net::Address address = TRY(load_address(c.arg[1], c.arg[2]));
  if (at->family == net::kUnix) {
    if (address.family() != net::kUnix || address.length > net::kUnixAddressMost) return Errno::inval;
    if (address.is_path()) {
      TRY(bind_path(*at.socket, address));
      return u64{0};
    }
  }
  TRY(at->bind(address));
  return u64{0};
}

Result<u64> sys_listen(SyscallContext& c) {
  TRY(TRY(socket_at(c.arg[0]))->listen(static_cast<u32>(c.arg[1])));
  return u64{0};
}

Result<u64> sys_accept(SyscallContext& c) { return accept_on(c, 0); }
Result<u64> sys_accept4(SyscallContext& c) { return accept_on(c, static_cast<u32>(c.arg[3])); }

Result<u64> sys_connect(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  net::Address address = TRY(load_address(c.arg[1], c.arg[2]));
  TRY(resolve_address(*at.socket, address));
  TRY(at->connect(address, at.nonblocking()));
  return u64{0};
}

Result<u64> sys_shutdown(SyscallContext& c) {
  TRY(TRY(socket_at(c.arg[0]))->shutdown(static_cast<u32>(c.arg[1])));
  return u64{0};
}

Result<u64> sys_getsockname(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  net::Address address;
  TRY(at->local_name(address));
  if (c.arg[1] == 0) return Errno::fault;
  TRY(store_address(address, c.arg[1], c.arg[2]));
  return u64{0};
}

Result<u64> sys_getpeername(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  net::Address address;
  TRY(at->peer_name(address));
  if (c.arg[1] == 0) return Errno::fault;
  TRY(store_address(address, c.arg[1], c.arg[2]));
  return u64{0};
}

}  // namespace baryon::syscall
