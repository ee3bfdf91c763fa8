#include "kernel/net/ioctls.hpp"

#include <algorithm>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/net/netlink/messages.hpp"
#include "kernel/net/transport.hpp"

namespace baryon::net {
namespace {

using namespace netlink;

enum Request : u32 {
  kGetName = 0x8910,
  kGetConfiguration = 0x8912,
  kGetFlags = 0x8913,
  kGetAddressOf = 0x8915,
  kGetDestination = 0x8917,
  kGetBroadcast = 0x8919,
  kGetMask = 0x891b,
  kGetMetric = 0x891d,
  kGetMtu = 0x8921,
  kGetHardware = 0x8927,
  kGetIndex = 0x8933,
  kGetQueue = 0x8942,
};
constexpr u32 kNameBytes = 16;

// struct ifreq.
struct InterfaceRequest {
  char name[kNameBytes];
  u8 value[24];

  template <class T>
  void set(const T& v) {
    static_assert(sizeof v <= sizeof value);
    std::memset(value, 0, sizeof value);
    std::memcpy(value, &v, sizeof v);
  }
  void set_inet(u32 address) {
    const struct {
      u16 family, port;
      u32 address;
    } name_of{static_cast<u16>(kInet), 0, address};
    set(name_of);
  }
  std::string_view text() const {
    const std::string_view all(name, sizeof name);
    return all.substr(0, all.find('\0'));
  }
  void set_name(std::string_view text) {
    std::memset(name, 0, sizeof name);
    std::memcpy(name, text.data(), std::min<std::size_t>(text.size(), sizeof name - 1));
  }
};
static_assert(sizeof(InterfaceRequest) == 40);

struct InetAddress {
  u32 local = 0, broadcast = 0;
  u8 prefix = 0;
};

// Calls f(index, label, address) for each IPv4 address until it returns false.
template <class F>
Result<void> for_each_address(F&& f) {
  Vector<u8> all;
  TRY(inet_transport()->interfaces(kGetAddress, static_cast<u8>(kInet), all));
  for_each_message({all.data(), all.size()}, [&](const Header& header, Bytes message) {
    AddressInfo info;
    if (header.type != kNewAddress || !load(message.subspan(sizeof header), info) || info.family != kInet) return true;
    InetAddress address;
    std::string_view label;
    address.prefix = info.prefix;
    for_each_attribute(message, sizeof info, [&](u16 type, Bytes value) {
      if (type == kAddressLocal) (void)load(value, address.local);
      if (type == kAddressBroadcast) (void)load(value, address.broadcast);
      if (type == kAddressLabel) label = text_of(value);
    });
    return static_cast<bool>(f(info.index, label, address));
  });
  return {};
}

// struct ifconf: as many as fit; with a null buffer, how much room all would take.
Result<u64> configuration(u64 argument) {
  struct {
    i32 length, pad;
    u64 buffer;
  } list;
  if (!arch::copy_from_user(&list, argument, sizeof list)) return Errno::fault;
  if (list.buffer != 0 && list.length < 0) return Errno::inval;
  u64 used = 0;
  bool good = true;
  TRY(for_each_address([&](i32, std::string_view label, const InetAddress& address) {
    InterfaceRequest entry{};
    entry.set_name(label);
    entry.set_inet(address.local);
    if (list.buffer != 0) {
      if (used + sizeof entry > static_cast<u64>(list.length)) return false;
      good = arch::copy_to_user(list.buffer + used, &entry, sizeof entry);
    }
    used += sizeof entry;
    return good;
  }));
  list.length = static_cast<i32>(used);
  if (!good || !arch::copy_to_user(argument, &list, sizeof list)) return Errno::fault;
  return u64{0};
}

Result<void> answer_address(u32 command, InterfaceRequest& request) {
  bool found = false;
  TRY(for_each_address([&](i32, std::string_view label, const InetAddress& address) {
    if (label != request.text()) return true;
    found = true;
    const u32 mask = address.prefix == 0 ? 0 : __builtin_bswap32(~u32{0} << (32 - std::min<u32>(address.prefix, 32)));
    request.set_inet(command == kGetMask ? mask : command == kGetBroadcast ? address.broadcast : address.local);
    return false;
  }));
  return found ? Result<void>() : Errno::addrnotavail;
}

Result<void> answer_link(u32 command, InterfaceRequest& request) {
  i32 wanted_index;
  std::memcpy(&wanted_index, request.value, sizeof wanted_index);
  Vector<u8> all;
  TRY(inet_transport()->interfaces(kGetLink, 0, all));
  bool found = false;
  for_each_message({all.data(), all.size()}, [&](const Header& header, Bytes message) {
    LinkInfo info;
    if (header.type != kNewLink || !load(message.subspan(sizeof header), info)) return true;
    std::string_view name;
    u32 mtu = 0, queue = 0;
    Bytes hardware;
    for_each_attribute(message, sizeof info, [&](u16 type, Bytes value) {
      if (type == kLinkName) name = text_of(value);
      if (type == kLinkMtu) (void)load(value, mtu);
      if (type == kLinkQueue) (void)load(value, queue);
      if (type == kLinkAddress) hardware = value;
    });
    found = command == kGetName ? info.index == wanted_index : name == request.text();
    if (!found) return true;
    struct {
      u16 family;
      u8 bytes[14];
    } address{info.type, {}};
    std::memcpy(address.bytes, hardware.data(), std::min(hardware.size(), sizeof address.bytes));
    switch (command) {
      case kGetName: request.set_name(name); break;
      case kGetFlags: request.set(static_cast<u16>(info.flags)); break;
      case kGetMtu: request.set(mtu); break;
      case kGetIndex: request.set(info.index); break;
      case kGetQueue: request.set(queue); break;
      case kGetHardware: request.set(address); break;
      default: request.set(u32{0}); break;
    }
    return false;
  });
  return found ? Result<void>() : Errno::nodev;
}

}  // namespace

Result<u64> interface_ioctl(u32 command, u64 argument) {
  if (command >> 8 != 0x89) return Errno::notty;
  if (inet_transport() == nullptr) return Errno::nodev;
  if (command == kGetConfiguration) return configuration(argument);
  const bool about_address =
      command == kGetAddressOf || command == kGetBroadcast || command == kGetMask || command == kGetDestination;
  const bool about_link = command == kGetName || command == kGetFlags || command == kGetMetric || command == kGetMtu ||
                          command == kGetHardware || command == kGetIndex || command == kGetQueue;
  // The rest changes something, or asks a driver.
  if (!about_address && !about_link) return Errno::opnotsupp;
  InterfaceRequest request;
  if (!arch::copy_from_user(&request, argument, sizeof request)) return Errno::fault;
  TRY(about_address ? answer_address(command, request) : answer_link(command, request));
  if (!arch::copy_to_user(argument, &request, sizeof request)) return Errno::fault;
  return u64{0};
}

}  // namespace baryon::net
