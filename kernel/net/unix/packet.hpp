// One piece of data in a receive queue: a datagram or record, or what one write put into a stream.
#pragma once

#include "kernel/base/unique.hpp"
#include "kernel/net/socket.hpp"

namespace baryon::net {

class UnixSocket;

struct Packet {
  // The data is filled by the caller. `sender` is charged for it as long as the packet lives.
  static Result<Unique<Packet>> create(UnixSocket& sender, u32 size, const Identity& identity);
  ~Packet();
  u8* data() { return reinterpret_cast<u8*>(this + 1); }
  u32 left() const { return size - offset; }
  static void operator delete(void* memory) { heap_free(memory); }

  ListNode node;  // receiver's queue
  Ref<UnixSocket> sender;
  Identity identity;
  Rights rights;
  u32 size = 0;
  u32 offset = 0;  // consumed
  u32 charge = 0;

 private:
  Packet() = default;
};

}  // namespace baryon::net
