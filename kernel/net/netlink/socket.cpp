#include "kernel/net/netlink/socket.hpp"

#include <algorithm>

#include "kernel/net/transport.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::net {

using namespace netlink;
using io::kPollIn, io::kPollReadNormal, io::kPollOut, io::kPollWriteNormal;

namespace {

// Readers bring a page (glibc, Go): an answer is cut into datagrams that fit.
constexpr u64 kDatagramBytes = 4096;
constexpr u64 kRequestMost = 32 * 1024;
constexpr u32 kAnswersMost = 4096;
constexpr u32 kAddressBytes = 12;  // struct sockaddr_nl

constinit std::atomic<u32> next_port{0x80000000u};

Address name(u32 port, u32 groups) {
  Address address;
  address.set_family(kNetlink);
  address.length = kAddressBytes;
  std::memcpy(address.bytes + 4, &port, sizeof port);
  std::memcpy(address.bytes + 8, &groups, sizeof groups);
  return address;
}

Result<void> append(Vector<u8>& out, const void* bytes, u64 length) {
  const u64 before = out.size();
  TRY(out.resize(before + aligned(length)));
  std::memcpy(out.data() + before, bytes, length);
  return {};
}

}  // namespace

Result<Ref<Socket>> NetlinkSocket::create(u32 type, u32 protocol) {
  if (type != kRaw && type != kDatagram) return Errno::socktnosupport;
  if (protocol != 0 || inet_transport() == nullptr) return Errno::protonosupport;
  auto* socket = new (std::nothrow) NetlinkSocket(type);
  if (socket == nullptr) return Errno::nomem;
  return Ref<Socket>::adopt(socket);
}

void NetlinkSocket::bind_automatically() {
  // The first socket of a process gets its pid on Linux; programs only ask that nobody else has the same.
  u32 none = 0;
  port_.compare_exchange_strong(none, next_port.fetch_add(1, std::memory_order_relaxed));
}

Result<void> NetlinkSocket::bind(const Address& address) {
  if (address.length < kAddressBytes || address.family() != kNetlink) return Errno::inval;
  u32 port, groups;
  std::memcpy(&port, address.bytes + 4, sizeof port);
  std::memcpy(&groups, address.bytes + 8, sizeof groups);
  if (port != 0) {
    u32 none = 0;
    if (!port_.compare_exchange_strong(none, port) && none != port) return Errno::inval;
  } else {
    bind_automatically();
  }
  groups_.store(groups);
  return {};
}

Result<void> NetlinkSocket::connect(const Address& address, bool) {
  if (address.length < kAddressBytes || address.family() != kNetlink) return Errno::inval;
  bind_automatically();
  return {};
}

Result<void> NetlinkSocket::local_name(Address& out) {
  out = name(port_.load(), groups_.load());
  return {};
}
Result<void> NetlinkSocket::peer_name(Address& out) {
  out = name(0, 0);
  return {};
}

Result<void> NetlinkSocket::set_option(i32 level, i32 option, std::span<const u8> value) {
  if (level != kLevelNetlink) return Socket::set_option(level, option, value);
  // Groups may be joined; extended and capped errors say no more here than plain ones. Strict checking (12) would mean
  // to filter dumps; programs that are refused it filter themselves.
  constexpr i32 kAddMembership = 1, kPacketInfo = 3, kNoBuffers = 5, kListenAll = 8, kCapAck = 10, kExtendedAck = 11;
  return (option >= kAddMembership && option <= kPacketInfo) || option == kNoBuffers || option == kListenAll ||
                 option == kCapAck || option == kExtendedAck
             ? Result<void>()
             : Errno::noprotoopt;
}
Result<OptionValue> NetlinkSocket::get_option(i32 level, i32 option) {
  return level == kLevelNetlink ? Result<OptionValue>(Errno::noprotoopt) : Socket::get_option(level, option);
}

u32 NetlinkSocket::poll(u32) {
  return kPollOut | kPollWriteNormal | (count_.load(std::memory_order_acquire) ? kPollIn | kPollReadNormal : 0);
}

Result<void> NetlinkSocket::queue(Vector<u8> datagram) {
  {
    SpinGuard guard(lock_);
    if (answers_.size() >= kAnswersMost) return Errno::nobufs;
    TRY(answers_.push_back(std::move(datagram)));
    count_.store(static_cast<u32>(answers_.size()), std::memory_order_release);
  }
  readers_.wake_one();
  poll_queue_.wake_all(kPollIn | kPollReadNormal);
  return {};
}

Result<u64> NetlinkSocket::send(SendRequest& request) {
  const u64 size = request.data.remaining();
  if (size > kRequestMost) return Errno::msgsize;
  bind_automatically();
  Vector<u8> bytes;
  TRY(bytes.resize(size));
  if (size > 0 && TRY(request.data.copy_out(bytes.data(), size)) < size) return Errno::fault;
  Result<void> served;
  for_each_message({bytes.data(), bytes.size()}, [&](const Header& header, Bytes message) {
    served = serve(header, message);
    return served.ok();
  });
  TRY(served);
  return size;
}

Result<void> NetlinkSocket::serve(const Header& header, Bytes message) {
  if (!(header.flags & kRequest) || header.type < kNewLink) return {};
  const bool dump = (header.flags & kDump) == kDump;
  const u8 family = message.size() > sizeof(Header) ? message[sizeof(Header)] : 0;
  switch (header.type) {
    case kGetLink:
      if (!dump) return answer_link(header, message);
      [[fallthrough]];
    case kGetAddress:
    case kGetRoute:
    case kGetNeighbour:
    case kGetRule:
      if (dump) return answer_dump(header, family);
      return answer_error(header, Errno::opnotsupp);
    default: return answer_error(header, Errno::perm);
  }
}

Result<void> NetlinkSocket::answer_dump(const Header& request, u8 family) {
  Vector<u8> all;
  if (request.type <= kGetRoute) TRY(inet_transport()->interfaces(request.type, family, all));
  Vector<u8> part;
  Result<void> outcome;
  for_each_message({all.data(), all.size()}, [&](Header header, Bytes message) {
    if (header.type == kDone || header.type == kError) return false;
    if (!part.empty() && part.size() + message.size() > kDatagramBytes) {
      outcome = queue(std::move(part));
      part = Vector<u8>();
    }
    header.sequence = request.sequence;
    header.port = port_.load();
    header.flags = kMulti;
    const u64 at = part.size();
    if (outcome.ok()) outcome = append(part, message.data(), message.size());
    if (outcome.ok()) std::memcpy(part.data() + at, &header, sizeof header);
    return outcome.ok();
  });
  TRY(outcome);
  if (!part.empty()) TRY(queue(std::move(part)));
  Vector<u8> end;
  const struct {
    Header header;
    i32 error;
  } done{{20, kDone, kMulti, request.sequence, port_.load()}, 0};
  TRY(append(end, &done, sizeof done));
  return queue(std::move(end));
}

Result<void> NetlinkSocket::answer_link(const Header& request, Bytes message) {
  LinkInfo wanted{};
  (void)load(message.subspan(sizeof(Header)), wanted);
  std::string_view wanted_name;
  for_each_attribute(message, sizeof(LinkInfo), [&](u16 type, Bytes value) {
    if (type == kLinkName) wanted_name = text_of(value);
  });
  Vector<u8> all, found;
  TRY(inet_transport()->interfaces(kGetLink, 0, all));
  Result<void> outcome;
  for_each_message({all.data(), all.size()}, [&](Header header, Bytes link) {
    LinkInfo info;
    if (header.type != kNewLink || !load(link.subspan(sizeof header), info)) return true;
    bool same = wanted.index != 0 && info.index == wanted.index;
    for_each_attribute(link, sizeof info, [&](u16 type, Bytes value) {
      if (type == kLinkName && wanted.index == 0 && text_of(value) == wanted_name) same = true;
    });
    if (!same) return true;
    header.sequence = request.sequence;
    header.port = port_.load();
    header.flags = 0;
    outcome = append(found, link.data(), link.size());
    if (outcome.ok()) std::memcpy(found.data(), &header, sizeof header);
    return false;
  });
  TRY(outcome);
  if (found.empty()) return answer_error(request, Errno::nodev);
  TRY(queue(std::move(found)));
  return request.flags & kAcknowledge ? answer_error(request, Errno{}) : Result<void>();
}

Result<void> NetlinkSocket::answer_error(const Header& request, Errno error) {
  Vector<u8> out;
  const struct {
    Header header;
    i32 error;
    Header request;
  } answer{{36, kError, 0, request.sequence, port_.load()}, -static_cast<i32>(error), request};
  TRY(append(out, &answer, sizeof answer));
  return queue(std::move(out));
}

Result<u64> NetlinkSocket::receive(ReceiveRequest& request) {
  const u64 deadline = receive_deadline();
  for (;;) {
    Vector<u8> datagram;
    {
      SpinGuard guard(lock_);
      if (!answers_.empty()) {
        datagram = std::move(answers_[0]);
        if (!(request.flags & kPeek)) answers_.erase(0);
        count_.store(static_cast<u32>(answers_.size()), std::memory_order_release);
      }
    }
    if (datagram.size() > 0) {
      const u64 size = datagram.size(), wanted = std::min<u64>(size, request.data.remaining());
      auto copied = wanted ? request.data.copy_in(datagram.data(), wanted) : Result<u64>(u64{0});
      if (request.flags & kPeek) {  // one reader at a time is what these sockets have
        SpinGuard guard(lock_);
        answers_[0] = std::move(datagram);
      }
      if (TRY(copied) < wanted) return Errno::fault;
      if (wanted < size) request.result_flags |= kTruncated;
      request.from = name(0, 0);
      return request.flags & kTruncated ? size : wanted;
    }
    if (request.nonblocking) return Errno::again;
    TRY(waited(sched::wait(readers_, [&] { return count_.load(std::memory_order_acquire) > 0; }, deadline)));
  }
}

}  // namespace baryon::net
