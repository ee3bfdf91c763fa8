#include "kernel/net/host/readiness.hpp"

#include <bit>

#include "kernel/base/spinlock.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/net/host/endpoint.hpp"

namespace baryon::net::host {
namespace {

abi::SocketReadiness* table = nullptr;
constinit SpinLocked<Vector<HostEndpoint*>> registry;

// Calls f(index) for each bit, having taken them.
template <class F>
void take_bits(abi::Shared<u64>& word, F&& f) {
  // Relaxed first: an exchange would take the line from the host. Acquire: what the bits stand for.
  if (word.load(std::memory_order_relaxed) == 0) return;
  for (u64 bits = word.exchange(0, std::memory_order_acq_rel); bits != 0; bits &= bits - 1)
    f(static_cast<u32>(std::countr_zero(bits)));
}

}  // namespace

void set_table(abi::SocketReadiness* shared) { table = shared; }

Result<void> add(HostEndpoint& endpoint, u32 handle) {
  return registry.with([&](Vector<HostEndpoint*>& endpoints) -> Result<void> {
    if (handle >= endpoints.size()) TRY(endpoints.resize(handle + handle / 2 + 16));
    endpoints[handle] = &endpoint;
    return {};
  });
}

void remove(u32 handle) {
  registry.with([&](Vector<HostEndpoint*>& endpoints) { endpoints[handle] = nullptr; });
}

u32 snapshot(u32 handle) { return table->state[handle].load(std::memory_order_acquire); }

u32 arrived(u32 handle) { return table->arrived[handle].load(std::memory_order_acquire); }
void taken(u32 handle) { table->arrived[handle].store(0, std::memory_order_release); }

bool drain() {
  if (table == nullptr) return false;
  bool any = false;
  for (u32 i = 0; i < std::size(table->summary); ++i)
    take_bits(table->summary[i], [&](u32 word) {
      take_bits(table->dirty[i * 64 + word], [&](u32 bit) {
        const u32 handle = (i * 64 + word) * 64 + bit;
        registry.with([&](Vector<HostEndpoint*>& endpoints) {
          if (handle < endpoints.size() && endpoints[handle] != nullptr) endpoints[handle]->tell();
        });
        any = true;
      });
    });
  return any;
}

}  // namespace baryon::net::host
