// How a sandbox ends.
#include "kernel/init/shutdown.hpp"

#include "kernel/abi/doorbell.hpp"
#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/shutdown.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::init {
namespace {

abi::SandboxPage* sandbox = nullptr;
std::atomic<bool> ending{false};

[[noreturn]] void stop() {
  abi::VcpuPage& page = arch::vcpu_page();
  for (;;) {
    page.event.store(0, std::memory_order_relaxed);
    page.deadline_ns.store(abi::kNever, std::memory_order_relaxed);
    page.sleeping.store(1, std::memory_order_seq_cst);
    arch::halt();
  }
}

[[noreturn]] void end(abi::ExitReason reason, i32 value, const char* message) {
  // The first reason counts; whoever comes later waits for the host to stop it.
  if (ending.exchange(true)) stop();
  sandbox->exit_value = value;
  std::size_t n = 0;
  if (message != nullptr)
    while (message[n] != '\0' && n + 1 < sizeof sandbox->message) {
      sandbox->message[n] = message[n];
      ++n;
    }
  sandbox->message[n] = '\0';
  sandbox->peak_memory = mm::memory_statistics().peak * kPageSize;
  sandbox->exit_reason.store(static_cast<u32>(reason), std::memory_order_release);
  arch::ring(abi::Doorbell::shutdown, arch::cpu_index());
  stop();
}

}  // namespace

void set_up_shutdown(abi::SandboxPage* page) {
  sandbox = page;
  shut_down_hook = [](abi::ExitReason reason, abi::i32 value, const char* message) { end(reason, value, message); };
}

}  // namespace baryon::init
