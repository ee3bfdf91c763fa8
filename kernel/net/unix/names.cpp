#include "kernel/net/unix/names.hpp"

#include "kernel/base/format.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/base/string.hpp"

namespace baryon::net::unix_names {
namespace {

struct Table {
  HashTable<UnixSocket> named;
  List<UnixSocket, &UnixSocket::all_node> all;
  u32 next_automatic = 0;
};
// Sockets are in the table while they live: a look-up takes its reference under this lock, which close() needs.
SpinLocked<Table>& table() {
  static SpinLocked<Table> instance;
  return instance;
}

u32 hash_of(const Address& address) {
  return address.is_path() ? hash_word(address.inode.number ^ address.inode.device << 40) : hash_bytes(address.tail());
}
// Each type of socket has abstract names of its own; an inode is one name for all.
bool has_name(const UnixSocket& socket, const Address& name, u32 type) {
  const Address& own = socket.bound_name();
  if (own.is_path() != name.is_path()) return false;
  return name.is_path() ? own.inode == name.inode : socket.type == type && own.tail() == name.tail();
}
UnixSocket* look_up(Table& t, const Address& address, u32 type) {
  return t.named.find(hash_of(address), [&](UnixSocket& s) { return has_name(s, address, type); });
}

void insert(Table& t, UnixSocket& socket, const Address& address) {
  socket.set_bound_name(address);
  t.named.insert(socket, hash_of(address));
  socket.in_name_table = true;
}

}  // namespace

Result<void> add(UnixSocket& socket, const Address& address) {
  return table().with([&](Table& t) -> Result<void> {
    if (UnixSocket* other = look_up(t, address, socket.type)) {
      if (!address.is_path()) return Errno::addrinuse;
      // The caller has just made this inode: the other socket's was unlinked, and its number is used again.
      t.named.remove(*other);
      other->in_name_table = false;
    }
    insert(t, socket, address);
    return {};
  });
}

void remove(UnixSocket& socket) {
  table().with([&](Table& t) {
    if (std::exchange(socket.in_name_table, false)) t.named.remove(socket);
  });
}

Result<Ref<UnixSocket>> find(const Address& address, u32 type) {
  return table().with([&](Table& t) -> Result<Ref<UnixSocket>> {
    UnixSocket* socket = look_up(t, address, type);
    if (!socket || !socket->try_ref()) return Errno::connrefused;
    return Ref<UnixSocket>::adopt(socket);
  });
}

Result<Address> add_automatic(UnixSocket& socket) {
  constexpr u32 kNames = 1u << 20;
  return table().with([&](Table& t) -> Result<Address> {
    for (u32 tries = 0; tries < kNames; ++tries) {
      Address address;
      char digits[8];
      format(digits, sizeof digits, "%05x", t.next_automatic++ % kNames);
      address.set_family(kUnix);
      address.length = 2 + 1 + 5;
      std::memcpy(address.bytes + 3, digits, 5);
      if (look_up(t, address, socket.type)) continue;
      insert(t, socket, address);
      return address;
    }
    return Errno::nospc;
  });
}

void enter(UnixSocket& socket) {
  table().with([&](Table& t) { t.all.push_back(socket); });
}
void leave(UnixSocket& socket) {
  table().with([&](Table&) {
    if (socket.all_node.linked()) socket.all_node.unlink();
  });
}
void for_each(void (*f)(UnixSocket&, void*), void* context) {
  table().with([&](Table& t) {
    for (UnixSocket& socket : t.all) f(socket, context);
  });
}

}  // namespace baryon::net::unix_names
