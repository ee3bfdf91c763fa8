#include "kernel/net/host/transport.hpp"

#include "kernel/net/host/endpoint.hpp"
#include "kernel/net/host/readiness.hpp"

namespace baryon::net::host {
namespace {

class HostTransport final : public Transport {
 public:
  Result<Unique<Endpoint>> create(u32 family, u32 type, u32 protocol) override {
    return HostEndpoint::create(family, type, protocol);
  }
};
constinit HostTransport transport;

}  // namespace

void init(abi::SocketReadiness& table) {
  set_table(&table);
  set_inet_transport(transport);
}

bool poll_events() { return drain(); }

}  // namespace baryon::net::host
