// What the socket calls share: sockets behind descriptors, and addresses from and to the program.
#pragma once

#include "kernel/fs/object_file.hpp"
#include "kernel/net/socket.hpp"
#include "kernel/syscall/file_support.hpp"

namespace baryon::syscall {

// A descriptor's socket; the reference to the file keeps it open during the call.
struct SocketAt {
  Ref<fs::File> file;
  net::Socket* socket;
  net::Socket* operator->() const { return socket; }
  bool nonblocking(u32 flags = 0) const { return file->nonblocking() || flags & net::kDontWait; }
};
// EBADF, ENOTSOCK.
Result<SocketAt> socket_at(u64 fd);

// A new descriptor for the socket. `flags`: SOCK_CLOEXEC and SOCK_NONBLOCK (open(2)'s values).
Result<u64> install_socket(Ref<net::Socket> socket, u64 flags);

// EINVAL for a length that no address has; EFAULT.
Result<net::Address> load_address(VirtAddr from, u64 length);
// For calls that go to a socket: a path of an AF_UNIX address is looked up (ECONNREFUSED if it is no socket).
Result<void> resolve_address(const net::Socket& socket, net::Address& address);
// As getsockname(2): at most *length bytes, and the whole length there. A null address is skipped.
Result<void> store_address(const net::Address& address, VirtAddr to, VirtAddr length);

}  // namespace baryon::syscall
