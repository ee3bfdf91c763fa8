// The names of AF_UNIX sockets in this sandbox: abstract ones, and inodes of the file system. Names lead to sockets
// of this kernel and to nothing else: a socket of the host that a path shows cannot be reached.
#pragma once

#include "kernel/net/address.hpp"
#include "kernel/net/unix/socket.hpp"

namespace baryon::net::unix_names {

// EADDRINUSE if an abstract name is taken. An inode is one that the caller has just made for this socket.
Result<void> add(UnixSocket& socket, const Address& address);
void remove(UnixSocket& socket);
// The socket bound to the name, for a caller of this type (at a path it may be of another). ECONNREFUSED.
Result<Ref<UnixSocket>> find(const Address& address, u32 type);
// A free abstract name of five hexadecimal digits (unix(7), autobind), bound. EADDRINUSE, ENOSPC.
Result<Address> add_automatic(UnixSocket& socket);

// For /proc/net/unix: calls f(UnixSocket&) for each socket, under a spin lock.
void enter(UnixSocket& socket);
void leave(UnixSocket& socket);
void for_each(void (*f)(UnixSocket&, void*), void* context);

}  // namespace baryon::net::unix_names
