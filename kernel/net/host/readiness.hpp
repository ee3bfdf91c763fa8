// The shared readiness table (kernel/abi/sockets.hpp), this side.
//
// Locks: the registry's (spin) covers which endpoint has which handle, and is held while an endpoint's owner is told;
// so once remove() has returned nobody is told any more. Wake-ups take wait queues' locks and the scheduler's inside
// it.
#pragma once

#include "kernel/abi/sockets.hpp"
#include "kernel/base/error.hpp"

namespace baryon::net::host {

class HostEndpoint;

void set_table(abi::SocketReadiness* table);
Result<void> add(HostEndpoint& endpoint, u32 handle);
void remove(u32 handle);
// The latest snapshot of a socket: number and bits.
u32 snapshot(u32 handle);
// Bytes in a socket's receive-ahead buffer, and that they have been taken.
u32 arrived(u32 handle);
void taken(u32 handle);
// Tells the owners of sockets whose snapshot is new; true if there were any. Cheap when there are none.
bool drain();

}  // namespace baryon::net::host
