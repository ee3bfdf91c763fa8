// rtnetlink(7) messages and their attributes, as far as this kernel looks into them (include/uapi/linux/{netlink,
// rtnetlink,if_link,if_addr}.h). What comes from a transport or a program is not trusted: lengths are checked.
#pragma once

#include <cstring>
#include <span>
#include <string_view>

#include "kernel/base/types.hpp"

namespace baryon::net::netlink {

struct Header {
  u32 length;
  u16 type, flags;
  u32 sequence, port;
};
static_assert(sizeof(Header) == 16);

inline constexpr u16 kError = 2, kDone = 3;
inline constexpr u16 kNewLink = 16, kGetLink = 18, kNewAddress = 20, kGetAddress = 22, kNewRoute = 24, kGetRoute = 26,
                     kGetNeighbour = 30, kGetRule = 34;
inline constexpr u16 kRequest = 1, kMulti = 2, kAcknowledge = 4, kDump = 0x300;

struct LinkInfo {
  u8 family, pad;
  u16 type;
  i32 index;
  u32 flags, change;
};
struct AddressInfo {
  u8 family, prefix, flags, scope;
  i32 index;
};
struct RouteInfo {
  u8 family, destination_bits, source_bits, tos, table, protocol, scope, type;
  u32 flags;
};

// IFLA_*, IFA_*, RTA_*.
inline constexpr u16 kLinkAddress = 1, kLinkBroadcast = 2, kLinkName = 3, kLinkMtu = 4, kLinkQueue = 13,
                     kLinkStatistics = 23;
inline constexpr u16 kAddressAddress = 1, kAddressLocal = 2, kAddressLabel = 3, kAddressBroadcast = 4;
inline constexpr u16 kRouteDestination = 1, kRouteOut = 4, kRouteGateway = 5, kRoutePriority = 6, kRouteTable = 15;

constexpr u64 aligned(u64 length) { return (length + 3) & ~u64{3}; }

using Bytes = std::span<const u8>;

template <class T>
bool load(Bytes bytes, T& out) {
  if (bytes.size() < sizeof out) return false;
  std::memcpy(&out, bytes.data(), sizeof out);
  return true;
}

// Calls f(header, whole message) for each message until f returns false.
template <class F>
void for_each_message(Bytes bytes, F&& f) {
  Header header;
  while (load(bytes, header) && header.length >= sizeof header && header.length <= bytes.size()) {
    if (!f(header, bytes.first(header.length))) return;
    bytes = bytes.subspan(aligned(header.length) < bytes.size() ? aligned(header.length) : bytes.size());
  }
}

// A message's part behind its header and the fixed struct of `size` bytes; f(type, value) for each attribute.
template <class F>
void for_each_attribute(Bytes message, u64 size, F&& f) {
  const u64 start = sizeof(Header) + aligned(size);
  if (start > message.size()) return;
  Bytes bytes = message.subspan(start);
  struct {
    u16 length, type;
  } attribute;
  while (load(bytes, attribute) && attribute.length >= sizeof attribute && attribute.length <= bytes.size()) {
    f(static_cast<u16>(attribute.type & 0x3fff), bytes.subspan(sizeof attribute, attribute.length - sizeof attribute));
    bytes = bytes.subspan(aligned(attribute.length) < bytes.size() ? aligned(attribute.length) : bytes.size());
  }
}

// A name without its NUL.
inline std::string_view text_of(Bytes value) {
  std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  return text.substr(0, text.find('\0'));
}

}  // namespace baryon::net::netlink
