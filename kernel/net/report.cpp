#include "kernel/net/report.hpp"

#include "kernel/net/inet/socket.hpp"
#include "kernel/net/netlink/messages.hpp"
#include "kernel/net/unix/names.hpp"
#include "kernel/net/unix/socket.hpp"

namespace baryon::net {
namespace {

using namespace netlink;

// As Linux prints an address: words of the address in host order, the port in network order turned round.
Result<void> append_address(String& out, const Address& address) {
  const u32 words = address.family() == kInet6 ? 4 : 1;
  for (u32 i = 0; i < words; ++i) {
    u32 word = 0;
    std::memcpy(&word, address.bytes + (words == 4 ? 8 : 4) + 4 * i, sizeof word);
    TRY(out.appendf("%08X", word));
  }
  return out.appendf(":%02X%02X", address.bytes[2], address.bytes[3]);
}

u32 state_of(InetSocket& socket) {
  constexpr i32 kTcpInfo = 11;
  constexpr u32 kClosed = 7, kEstablished = 1;
  if (socket.type == kStream) {
    auto info = socket.get_option(kLevelTcp, kTcpInfo);
    return info.ok() && info.value().length > 0 ? info.value().bytes[0] : kClosed;
  }
  Address peer;
  return socket.peer_name(peer).ok() ? kEstablished : kClosed;
}

Result<void> report_inet(String& out, u32 family, u32 type) {
  TRY(out.append(
      family == kInet
          ? "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
          : "  sl  local_address                         remote_address                        st tx_queue "
            "rx_queue tr tm->when retrnsmt   uid  timeout inode\n"));
  Vector<Ref<InetSocket>> sockets = TRY(InetSocket::all());
  u32 line = 0;
  for (Ref<InetSocket>& socket : sockets) {
    if (socket->family != family || socket->type != type) continue;
    Address local, peer;
    if (!socket->local_name(local).ok()) continue;
    // What has neither a port nor a peer is in none of Linux's tables.
    if (local.bytes[2] == 0 && local.bytes[3] == 0) continue;
    if (!socket->peer_name(peer).ok()) peer.set_family(family);
    TRY(out.appendf("%4u: ", line++));
    TRY(append_address(out, local));
    TRY(out.append(' '));
    TRY(append_address(out, peer));
    TRY(out.appendf(" %02X 00000000:00000000 00:00000000 00000000     0        0 %lu 1 0000000000000000 100 0 0 10 0\n",
                    state_of(*socket), static_cast<unsigned long>(socket->number())));
  }
  return {};
}

Result<Vector<u8>> ask(u16 type, u32 family) {
  Vector<u8> all;
  if (inet_transport() != nullptr) TRY(inet_transport()->interfaces(type, static_cast<u8>(family), all));
  return all;
}

struct Interface {
  i32 index = 0;
  char name[16] = {};
};

Result<Vector<Interface>> interface_names() {
  Vector<Interface> names;
  Vector<u8> all = TRY(ask(kGetLink, 0));
  Result<void> outcome;
  for_each_message({all.data(), all.size()}, [&](const Header& header, Bytes message) {
    LinkInfo info;
    if (header.type != kNewLink || !load(message.subspan(sizeof header), info)) return true;
    Interface entry;
    entry.index = info.index;
    for_each_attribute(message, sizeof info, [&](u16 type, Bytes value) {
      if (type != kLinkName) return;
      const std::string_view text = text_of(value);
      std::memcpy(entry.name, text.data(), text.size() < 15 ? text.size() : 15);
    });
    outcome = names.push_back(entry);
    return outcome.ok();
  });
  TRY(outcome);
  return names;
}

const char* name_of(Vector<Interface>& names, i32 index) {
  for (Interface& each : names)
    if (each.index == index) return each.name;
  return "*";
}

}  // namespace

Result<void> report_tcp(String& out) { return report_inet(out, kInet, kStream); }
Result<void> report_tcp6(String& out) { return report_inet(out, kInet6, kStream); }
Result<void> report_udp(String& out) { return report_inet(out, kInet, kDatagram); }
Result<void> report_udp6(String& out) { return report_inet(out, kInet6, kDatagram); }

Result<void> report_unix(String& out) {
  struct Line {
    u64 number;
    u32 type, state, flags;
    Address name;
  };
  TRY(out.append("Num       RefCount Protocol Flags    Type St Inode Path\n"));
  // Collected under a spin lock, where nothing may be allocated.
  constexpr u32 kMost = 1024;
  Vector<Line> lines;
  TRY(lines.reserve(kMost));
  unix_names::for_each(
      [](UnixSocket& socket, void* context) {
        auto& list = *static_cast<Vector<Line>*>(context);
        if (list.size() == kMost) return;
        const bool listens = socket.state() == UnixSocket::State::listening;
        const bool connected = socket.state() == UnixSocket::State::connected;
        (void)list.push_back(
            {socket.number(), socket.type, connected ? 3u : 1u, listens ? 0x10000u : 0u, socket.bound_name()});
      },
      &lines);
  for (Line& line : lines) {
    TRY(out.appendf("%016lx: 00000002 00000000 %08X %04X %02X %5lu", static_cast<unsigned long>(line.number),
                    line.flags, line.type, line.state, static_cast<unsigned long>(line.number)));
    if (line.name.is_path()) {
      TRY(out.append(' '));
      TRY(out.append(line.name.path()));
    } else if (line.name.is_abstract()) {
      TRY(out.append(" @"));
      TRY(out.append(line.name.tail().substr(1)));
    }
    TRY(out.append('\n'));
  }
  return {};
}

Result<void> report_devices(String& out) {
  TRY(
      out.append("Inter-|   Receive                                                |  Transmit\n"
                 " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo "
                 "colls carrier compressed\n"));
  Vector<u8> all = TRY(ask(kGetLink, 0));
  Result<void> outcome;
  for_each_message({all.data(), all.size()}, [&](const Header& header, Bytes message) {
    LinkInfo info;
    if (header.type != kNewLink || !load(message.subspan(sizeof header), info)) return true;
    // struct rtnl_link_stats64, as far as it is shown.
    u64 s[23] = {};
    char name[16] = {};
    for_each_attribute(message, sizeof info, [&](u16 type, Bytes value) {
      if (type == kLinkName) {
        const std::string_view text = text_of(value);
        std::memcpy(name, text.data(), text.size() < 15 ? text.size() : 15);
      }
      if (type == kLinkStatistics) std::memcpy(s, value.data(), value.size() < sizeof s ? value.size() : sizeof s);
    });
    const auto n = [&](u32 i) { return static_cast<unsigned long>(s[i]); };
    outcome = out.appendf("%6s: %7lu %7lu %4lu %4lu %4lu %5lu %10lu %9lu %8lu %7lu %4lu %4lu %4lu %5lu %7lu %10lu\n",
                          name, n(2), n(0), n(4), n(6), n(14), n(10) + n(11) + n(12) + n(13), n(21), n(8), n(3), n(1),
                          n(5), n(7), n(18), n(9), n(16) + n(17) + n(19) + n(20), n(22));
    return outcome.ok();
  });
  return outcome;
}

Result<void> report_routes(String& out) {
  constexpr u8 kUnicast = 1, kMainTable = 254;
  TRY(out.append("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"));
  Vector<Interface> names = TRY(interface_names());
  Vector<u8> all = TRY(ask(kGetRoute, kInet));
  Result<void> outcome;
  for_each_message({all.data(), all.size()}, [&](const Header& header, Bytes message) {
    RouteInfo info;
    if (header.type != kNewRoute || !load(message.subspan(sizeof header), info)) return true;
    if (info.family != kInet || info.type != kUnicast || info.table != kMainTable) return true;
    u32 destination = 0, gateway = 0, metric = 0;
    i32 device = 0;
    for_each_attribute(message, sizeof info, [&](u16 type, Bytes value) {
      if (type == kRouteDestination) (void)load(value, destination);
      if (type == kRouteGateway) (void)load(value, gateway);
      if (type == kRoutePriority) (void)load(value, metric);
      if (type == kRouteOut) (void)load(value, device);
    });
    const u32 bits = info.destination_bits > 32 ? 32 : info.destination_bits;
    const u32 mask = bits == 0 ? 0 : __builtin_bswap32(~u32{0} << (32 - bits));
    const u32 flags = 1u | (gateway != 0 ? 2u : 0u) | (bits == 32 ? 4u : 0u);
    outcome = out.appendf("%s\t%08X\t%08X\t%04X\t0\t0\t%u\t%08X\t0\t0\t0\n", name_of(names, device), destination,
                          gateway, flags, metric, mask);
    return outcome.ok();
  });
  return outcome;
}

Result<void> report_addresses6(String& out) {
  Vector<Interface> names = TRY(interface_names());
  Vector<u8> all = TRY(ask(kGetAddress, kInet6));
  Result<void> outcome;
  for_each_message({all.data(), all.size()}, [&](const Header& header, Bytes message) {
    AddressInfo info;
    if (header.type != kNewAddress || !load(message.subspan(sizeof header), info) || info.family != kInet6) return true;
    u8 address[16] = {};
    for_each_attribute(message, sizeof info, [&](u16 type, Bytes value) {
      if (type == kAddressAddress && value.size() == sizeof address) std::memcpy(address, value.data(), sizeof address);
    });
    for (u8 byte : address)
      if (outcome.ok()) outcome = out.appendf("%02x", byte);
    // The kernel's own scopes (include/net/ipv6.h), from rtnetlink's.
    const u32 scope = info.scope == 254 ? 0x10 : info.scope == 253 ? 0x20 : info.scope == 200 ? 0x40 : 0;
    if (outcome.ok())
      outcome = out.appendf(" %02x %02x %02x %02x %8s\n", static_cast<u32>(info.index), u32{info.prefix}, scope,
                            u32{info.flags}, name_of(names, info.index));
    return outcome.ok();
  });
  return outcome;
}

}  // namespace baryon::net
