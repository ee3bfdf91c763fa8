// Fuzzes the exec socket and the control channel from both sides: the input is a sequence of what clients of the socket
// and the guest do, each hostile. Oracles beside the sanitizers: the server never gives the guest a request that has
// not the shape which it promises, what it has put on the channel is well formed, and when every client is gone no
// descriptor is left.
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "hypervisor/qcall/test/fake_guest.hpp"
#include "hypervisor/qcall/test/fuzz_input.hpp"
#include "hypervisor/sandbox/exec_protocol.hpp"
#include "hypervisor/sandbox/exec_server.hpp"

namespace {

using namespace baryon;
using namespace baryon::host;
using test::Input;

constexpr std::size_t kClients = 6;
constexpr abi::Gpa kControl = 0x2000;

const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);  // what clients pass

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// Of what clients and the server have: libFuzzer has others (pipes of a symbolizer, for example).
std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const listing = ::opendir("/proc/self/fd");
  while (const dirent* const entry = ::readdir(listing)) {
    char target[64] = {};
    if (::readlinkat(::dirfd(listing), entry->d_name, target, sizeof target - 1) <= 0) continue;
    const std::string_view name = target;
    if (name.starts_with("socket:") || name == "/dev/null") ++count;
  }
  ::closedir(listing);
  return count;
}

// A listening socket without a name in any file system.
struct Listener {
  Listener() {
    descriptor = UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un any{};
    any.sun_family = AF_UNIX;
    if (::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any.sun_family) != 0 ||
        ::listen(descriptor.get(), 64) != 0)
      std::abort();
    size = sizeof address;
    ::getsockname(descriptor.get(), reinterpret_cast<sockaddr*>(&address), &size);
  }
  [[nodiscard]] UniqueFd connect() const {
    UniqueFd client(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) client.reset();
    return client;
  }
  UniqueFd descriptor;
  sockaddr_un address{};
  socklen_t size = 0;
};

// Sometimes a request that has a chance, sometimes bytes.
std::vector<std::byte> some_packet(Input& input, std::size_t& descriptors) {
  std::vector<std::byte> packet;
  const std::uint64_t shape = input.number(1);
  descriptors = shape >> 4;
  switch (shape & 3) {
    case 0: {
      abi::ExecRequest request{};
      request.argument_count = static_cast<std::uint32_t>(input.number(1));
      request.environment_count = static_cast<std::uint32_t>(input.number(1));
      request.stream_count = static_cast<std::uint32_t>((shape & 4) != 0 ? descriptors : input.number(4));
      const std::size_t tail = input.number(1) * ((shape & 8) != 0 ? 800 : 1);
      request.size = static_cast<std::uint32_t>(sizeof request + tail);
      const auto* const begin = reinterpret_cast<const std::byte*>(&request);
      packet.assign(begin, begin + sizeof request);
      input.append(packet, std::min<std::size_t>(tail, 64));
      packet.resize(sizeof request + tail);
      break;
    }
    case 1: {
      const ExecSignal signal{static_cast<std::uint32_t>(input.number((shape & 4) != 0 ? 4 : 1))};
      const auto* const begin = reinterpret_cast<const std::byte*>(&signal);
      packet.assign(begin, begin + sizeof signal);
      break;
    }
    default: input.append(packet, input.number(1)); break;
  }
  return packet;
}

void send_packet(int socket, const std::vector<std::byte>& packet, std::size_t descriptors) {
  iovec part{const_cast<std::byte*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 32)] = {};
  if (descriptors != 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors);
    for (std::size_t i = 0; i < descriptors; ++i) std::memcpy(CMSG_DATA(header) + i * sizeof null, &null, sizeof null);
  }
  static_cast<void>(::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

void check_request(const std::vector<std::byte>& buffer, std::int64_t got) {
  if (got < 0) return;
  abi::ExecRequest request;
  require(got >= static_cast<std::int64_t>(sizeof request), "a request without its header was handed on");
  std::memcpy(&request, buffer.data(), sizeof request);
  require(request.size == got, "a request was handed on whose size is not its own");
  require(request.stream_count >= 3 && request.stream_count <= abi::kMaxExecStreams, "a request has no streams");
}

void check_channel(abi::ControlChannel& channel, std::uint32_t head) {
  for (std::uint32_t at = head; at != channel.tail.load(); ++at) {
    const abi::ControlMessage& message = channel.messages[at % abi::kControlSlots];
    const bool fine =
        (message.kind == abi::ControlKind::exec && message.arg[0] != 0 && message.arg[1] <= abi::kMaxExecRequest) ||
        ((message.kind == abi::ControlKind::signal || message.kind == abi::ControlKind::terminal) &&
         message.arg[0] >= 1 && message.arg[0] <= 64 && message.arg[1] != 0);
    require(fine, "a message on the control channel is malformed");
  }
}

void run(Input& input) {
  test::FakeGuest guest({.vcpus = 1, .spin = SpinMode::never});
  Listener listener;
  const Listener& door = listener;
  auto& channel = *guest.memory().object<abi::ControlChannel>(kControl);
  ControlSender sender(channel);
  ExecServer server{UniqueFd(::fcntl(listener.descriptor.get(), F_DUPFD_CLOEXEC, 3))};
  server.connect(guest.server());
  std::array<UniqueFd, kClients> clients;
  std::vector<std::byte> buffer(abi::kMaxExecRequest);
  std::vector<pollfd> waited;
  bool honest = true;  // the guest about the channel's head
  std::uint32_t head = 0;
  while (!input.empty()) {
    const std::uint64_t what = input.number(1);
    UniqueFd& client = clients[(what >> 4) % kClients];
    switch (what & 15) {
      case 0:
      case 1:
        if (!client.valid()) client = door.connect();
        break;
      case 2: client.reset(); break;
      case 3:
      case 4:
      case 5:
        if (client.valid()) {
          std::size_t descriptors = 0;
          const auto packet = some_packet(input, descriptors);
          send_packet(client.get(), packet, descriptors);
        }
        break;
      case 6: {
        const std::size_t room = (what >> 4) == 0 ? input.number(2) : buffer.size();
        check_request(buffer, server.fetch(input.number(1), std::span(buffer).first(std::min(room, buffer.size()))));
        break;
      }
      case 7: {
        std::vector<std::byte> text;
        const std::uint64_t number = input.number(1);
        const std::uint64_t event = input.number((what >> 4) == 0 ? 8 : 1);
        input.append(text, input.number(2) % 1024);
        server.report(number, event, input.number(8), {reinterpret_cast<const char*>(text.data()), text.size()});
        break;
      }
      case 8:
        if ((what >> 4) == 0) {
          channel.head.store(static_cast<std::uint32_t>(input.number(4)));
          honest = false;
        } else if (honest) {
          channel.head.store(head = channel.tail.load());
        }
        break;
      case 9:
        waited.clear();
        server.add_to(waited);
        break;
      default:
        server.serve(sender);
        if (honest) check_channel(channel, head);
        break;
    }
  }
  for (UniqueFd& client : clients) client.reset();
  // All that was on its way is taken and dropped.
  for (int round = 0; round < 3; ++round) {
    channel.head.store(channel.tail.load());
    server.serve(sender);
  }
  waited.clear();
  server.add_to(waited);
  require(waited.size() == 1, "a client that is gone is still waited for");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::size_t before = 0;
  {
    Input input(data, size);
    run(input);
  }
  const std::size_t now = open_descriptors();
  if (before == 0) before = now;
  require(now <= before, "descriptors are left");
  return 0;
}
