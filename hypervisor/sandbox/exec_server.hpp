// The sandbox's end of the exec socket: takes requests of clients, gives them to the guest, and passes the guest's
// answers back (exec_protocol.hpp).
//
//   client ──socket──▸ serve(), ticker's thread ──control channel──▸ guest
//          ◂──socket── report(), QCall threads  ◂──QCalls──────────
//
// Both sides are hostile: a client's packet is checked for its shape here and for its content by the guest, which it is
// data to; the guest can lie about its programs alone. Nothing here waits for either.
//
// Only the ticker's thread makes and closes descriptors of clients.
// Locking: `mutex_` guards the table of clients. It is taken with the QCall server's mutex held (fetch, report), so
// nothing calls the server while holding it.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/qcall/exec_desk.hpp"
#include "hypervisor/qcall/server.hpp"
#include "hypervisor/sandbox/control_channel.hpp"

namespace baryon::host {

class ExecServer final : public ExecDesk {
 public:
  // `listener`: a listening SOCK_SEQPACKET socket.
  explicit ExecServer(UniqueFd listener);
  // The server that gets the streams; once, before serve().
  void connect(QCallServer& server) { server_ = &server; }

  // --- ticker's thread ---
  // Appends what to wait for.
  void add_to(std::vector<pollfd>& waited) const;
  // Takes what clients have sent and tells the guest. True: it must be told something (poke vCPU 0).
  bool serve(ControlSender& control);
  // Messages wait for room in the control channel: serve again soon.
  [[nodiscard]] bool has_backlog() const { return !backlog_.empty(); }

  // --- ExecDesk ---
  std::int64_t fetch(std::uint64_t number, std::span<std::byte> out) override;
  std::int64_t report(std::uint64_t number, std::uint64_t event, std::uint64_t value, std::string_view text) override;

 private:
  enum class Stage : std::uint8_t { silent, announced, fetched, finished };
  struct Client {
    UniqueFd socket;
    Stage stage = Stage::silent;
    std::vector<std::byte> request;
    std::vector<std::uint32_t> handles;
  };
  struct Message {
    abi::ControlKind kind;
    std::uint64_t first, second;
  };
  struct Packet;

  void accept_all();
  void hear(std::uint64_t number);
  bool take_request(std::uint64_t number, Packet& packet);
  void drop(std::uint64_t number);
  int socket_of(std::uint64_t number) const;

  const UniqueFd listener_;
  QCallServer* server_ = nullptr;
  std::deque<Message> backlog_;  // ticker's thread

  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Client> clients_;
  std::vector<std::uint32_t> unclaimed_;  // handles of requests that the guest never fetched, to be closed by serve()
};

}  // namespace baryon::host
