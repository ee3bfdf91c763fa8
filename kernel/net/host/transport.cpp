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
  Result<void> interfaces(u16 request, u8 family, Vector<u8>& out) override {
    constexpr u32 kPart = 8192;
    for (u64 done = 0;;) {
      TRY(out.resize(done + kPart));
      qcall::Request call;
      call.op = abi::QCallOp::interfaces;
      call.arg[0] = request;
      call.arg[1] = family;
      call.arg[2] = done;
      call.add_segment(out.data() + done, kPart);
      const u64 count = static_cast<u64>(TRY(qcall::call(call)));
      done += count < kPart ? count : kPart;
      if (count < kPart) return out.resize(done);
    }
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
