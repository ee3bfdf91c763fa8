#include "hypervisor/sandbox/exec_server.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hypervisor/sandbox/exec_protocol.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host {

namespace {

void tell(int socket, const ExecNotice& notice) {
  // A client that does not listen loses its news, nothing else.
  static_cast<void>(::send(socket, &notice, sizeof notice, MSG_DONTWAIT | MSG_NOSIGNAL));
}

void refuse(int socket, int error, const char* why) {
  ExecNotice notice{};
  notice.event = static_cast<std::uint32_t>(abi::ExecEvent::failed);
  notice.setup = 1;
  notice.value = static_cast<std::uint64_t>(error);
  std::strncpy(notice.text, why, sizeof notice.text - 1);
  tell(socket, notice);
}

// Root, or the user that the sandbox belongs to: ids mean the same in the jail.
bool may_ask(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

}  // namespace

// One packet and the descriptors that came with it.
struct ExecServer::Packet {
  std::vector<std::byte> bytes;
  std::vector<UniqueFd> descriptors;

  // 1: there is one; 0: nothing there; -1: the client is gone, or what it sent cannot be taken.
  int receive(int socket) {
    bytes.resize(abi::kMaxExecRequest);
    iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * abi::kMaxExecStreams)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int descriptor;
        std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof descriptor, sizeof descriptor);
        descriptors.emplace_back(descriptor);
      }
    }
    bytes.resize(static_cast<std::size_t>(got));
    return got == 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ? -1 : 1;
  }
};

ExecServer::ExecServer(UniqueFd listener) : listener_(std::move(listener)) {}

void ExecServer::add_to(std::vector<pollfd>& waited) const {
  waited.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
  const std::lock_guard lock(mutex_);
  for (const auto& [number, client] : clients_)
    waited.push_back({.fd = client.socket.get(), .events = POLLIN, .revents = 0});
}

bool ExecServer::serve(ControlSender& control) {
  accept_all();
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint32_t> unclaimed;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, client] : clients_) numbers.push_back(number);
    unclaimed.swap(unclaimed_);
  }
  if (!unclaimed.empty()) server_->close_handles(unclaimed);
  for (const std::uint64_t number : numbers) hear(number);
  bool told = false;
  while (!backlog_.empty()) {
    const Message& next = backlog_.front();
    if (!control.send(next.kind, next.first, next.second)) break;
    backlog_.pop_front();
    told = true;
  }
  return told;
}

void ExecServer::accept_all() {
  for (;;) {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) return;
    if (!may_ask(socket.get())) continue;
    const std::lock_guard lock(mutex_);
    if (clients_.size() >= abi::kMaxExecs) {
      refuse(socket.get(), EAGAIN, "too many programs have been started in the sandbox");
      continue;
    }
    clients_[++last_].socket = std::move(socket);
  }
}

int ExecServer::socket_of(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(number);
  return found == clients_.end() ? -1 : found->second.socket.get();
}

void ExecServer::hear(std::uint64_t number) {
  for (;;) {
    const int socket = socket_of(number);
    if (socket < 0) return;
    Packet packet;
    const int got = packet.receive(socket);
    if (got == 0) return;
    bool fine = got > 0;
    if (fine) {
      Stage stage;
      {
        const std::lock_guard lock(mutex_);
        const auto found = clients_.find(number);
        if (found == clients_.end()) return;
        stage = found->second.stage;
      }
      ExecSignal signal;
      if (stage == Stage::silent) {
        fine = take_request(number, packet);
      } else if (packet.bytes.size() == sizeof signal) {
        std::memcpy(&signal, packet.bytes.data(), sizeof signal);
        fine = signal.number >= 1 && signal.number <= 64;
        const auto kind = signal.from_terminal != 0 ? abi::ControlKind::terminal : abi::ControlKind::signal;
        if (fine && backlog_.size() < abi::kMaxExecs) backlog_.push_back({kind, signal.number, number});
      } else {
        fine = false;
      }
    }
    if (!fine) return drop(number);
  }
}

bool ExecServer::take_request(std::uint64_t number, Packet& packet) {
  abi::ExecRequest header;
  if (packet.bytes.size() < sizeof header) return false;
  std::memcpy(&header, packet.bytes.data(), sizeof header);
  if (header.size != packet.bytes.size() || header.stream_count != packet.descriptors.size() || header.stream_count < 3)
    return false;
  auto handles = server_->add_streams(std::move(packet.descriptors));
  if (!handles) {
    refuse(socket_of(number), EMFILE, "the sandbox has no room for more open files");
    return false;
  }
  for (std::size_t i = 0; i < abi::kMaxExecStreams; ++i) header.streams[i] = i < handles->size() ? (*handles)[i] : ~0u;
  std::memcpy(packet.bytes.data(), &header, sizeof header);
  {
    const std::lock_guard lock(mutex_);
    const auto found = clients_.find(number);
    if (found == clients_.end()) return true;  // cannot be: before it is announced nobody else ends it
    found->second.stage = Stage::announced;
    found->second.request = std::move(packet.bytes);
    found->second.handles = std::move(*handles);
  }
  backlog_.push_back({abi::ControlKind::exec, number, header.size});
  return true;
}

void ExecServer::drop(std::uint64_t number) {
  std::vector<std::uint32_t> unclaimed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = clients_.find(number);
    if (found == clients_.end()) return;
    if (found->second.stage == Stage::announced) unclaimed = std::move(found->second.handles);
    if (found->second.stage == Stage::announced || found->second.stage == Stage::fetched)
      backlog_.push_back({abi::ControlKind::signal, SIGKILL, number});
    clients_.erase(found);
  }
  if (!unclaimed.empty()) server_->close_handles(unclaimed);
}

std::int64_t ExecServer::fetch(std::uint64_t number, std::span<std::byte> out) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(number);
  if (found == clients_.end() || found->second.stage != Stage::announced) return -ENOENT;
  Client& client = found->second;
  if (client.request.size() > out.size()) return -ENOSPC;
  std::ranges::copy(client.request, out.begin());
  const auto bytes = static_cast<std::int64_t>(client.request.size());
  client.request = {};
  client.handles = {};
  client.stage = Stage::fetched;
  return bytes;
}

std::int64_t ExecServer::report(std::uint64_t number, std::uint64_t event, std::uint64_t value, std::string_view text) {
  ExecNotice notice{};
  notice.event = static_cast<std::uint32_t>(event);
  notice.setup = (value & abi::kExecSetup) != 0 ? 1 : 0;
  notice.value = value & ~abi::kExecSetup;
  text = text.substr(0, sizeof notice.text - 1);
  std::ranges::copy(text, notice.text);  // memcpy(3) takes no null pointer, and an empty view may be one
  const auto kind = static_cast<abi::ExecEvent>(event);
  if (kind != abi::ExecEvent::started && kind != abi::ExecEvent::failed && kind != abi::ExecEvent::ended)
    return -EINVAL;
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(number);
  if (found == clients_.end() || found->second.stage == Stage::silent || found->second.stage == Stage::finished)
    return -ENOENT;
  tell(found->second.socket.get(), notice);
  if (kind == abi::ExecEvent::started) return 0;
  unclaimed_.insert(unclaimed_.end(), found->second.handles.begin(), found->second.handles.end());
  // The client closes the connection, which wakes the ticker.
  found->second.stage = Stage::finished;
  return 0;
}

}  // namespace baryon::host
