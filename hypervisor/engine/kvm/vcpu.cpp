#include "hypervisor/engine/kvm/vcpu.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "hypervisor/engine/kvm/per_arch.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::kvm {

namespace {

// Nobody else sends it; its default action would end the process, hence the handler.
int kick_signal() { return SIGRTMIN + 1; }

void install_kick_handler() {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  ::sigemptyset(&action.sa_mask);
  // No SA_RESTART: the point of the signal is that KVM_RUN returns.
  ::sigaction(kick_signal(), &action, nullptr);
}

}  // namespace

Expected<std::unique_ptr<Vcpu>> Vcpu::create(const Descriptor& vm, const Config& config) {
  Descriptor descriptor(control(vm, KVM_CREATE_VCPU, config.index));
  if (!descriptor.valid()) return fail_errno(fmt::format("cannot create vCPU {}", config.index), errno);
  void* const mapped = ::mmap(nullptr, config.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (mapped == MAP_FAILED) return fail_errno(fmt::format("cannot map the state of vCPU {}", config.index), errno);
  install_kick_handler();
  return std::unique_ptr<Vcpu>(new Vcpu(vm, std::move(descriptor), static_cast<kvm_run*>(mapped), config));
}

Vcpu::~Vcpu() { ::munmap(run_, config_.run_size); }

void Vcpu::request(Request what) noexcept {
  if ((requests_.fetch_or(what, std::memory_order_seq_cst) & what) != 0 && what != kStop) return;
  if (!in_guest_.load(std::memory_order_seq_cst)) return;
  std::atomic_ref<__u8>(run_->immediate_exit).store(1, std::memory_order_seq_cst);
  ::syscall(SYS_tgkill, ::getpid(), thread_.load(std::memory_order_relaxed), kick_signal());
}

Expected<void> Vcpu::run(VcpuEvents& events) {
  sigset_t kick;
  ::sigemptyset(&kick);
  ::sigaddset(&kick, kick_signal());
  ::pthread_sigmask(SIG_UNBLOCK, &kick, nullptr);
  thread_.store(static_cast<pid_t>(::syscall(SYS_gettid)), std::memory_order_relaxed);
  for (;;) {
    const std::uint32_t requests = requests_.exchange(0, std::memory_order_seq_cst);
    if ((requests & kStop) != 0) return {};
    if ((requests & kInterrupt) != 0) interrupt_wanted_ = true;
    if (interrupt_wanted_)
      if (auto delivered = deliver_interrupt(); !delivered) return delivered;

    in_guest_.store(true, std::memory_order_seq_cst);
    if (requests_.load(std::memory_order_seq_cst) != 0) {
      in_guest_.store(false, std::memory_order_relaxed);
      continue;
    }
    ++counters_.runs;
    const int result = ::ioctl(descriptor_.get(), KVM_RUN, 0);
    const int error = errno;
    in_guest_.store(false, std::memory_order_seq_cst);

    if (result == 0) {
      if (auto handled = handle_exit(events); !handled) return handled;
    } else if (error == EINTR) {
      ++counters_.kicks;
      std::atomic_ref<__u8>(run_->immediate_exit).store(0, std::memory_order_seq_cst);
    } else if (error == EFAULT) {
      return broken("the host could not provide guest memory that the guest touched");
    } else if (error != EAGAIN) {
      return broken(fmt::format("KVM_RUN failed: {} ({})", strerrordesc_np(error), error));
    }
  }
}

// The vCPU is out of the guest, so that its masking flag stands still: either the interrupt goes in, or the flag is
// found set and the guest finds `interrupt_pending` when it clears it.
Expected<void> Vcpu::deliver_interrupt() {
  if (config_.page->interrupts_masked.load(std::memory_order_seq_cst) != 0) {
    config_.page->interrupt_pending.store(1, std::memory_order_seq_cst);
    interrupt_wanted_ = false;
    interrupt_.withdraw();
    ++counters_.deferred;
    return {};
  }
  const auto outcome = interrupt_.deliver();
  if (!outcome) return broken(outcome.error().what);
  if (*outcome == EventInterrupt::Outcome::later) return {};
  interrupt_wanted_ = false;
  if (*outcome == EventInterrupt::Outcome::delivered) ++counters_.injected;
  return {};
}

Expected<void> Vcpu::handle_exit(VcpuEvents& events) {
  switch (run_->exit_reason) {
    case KVM_EXIT_HLT:
      ++counters_.halts;
      events.halted(config_.index);
      return {};
    case KVM_EXIT_MMIO: return handle_store(events);
    case KVM_EXIT_IRQ_WINDOW_OPEN: ++counters_.windows; return {};
    case KVM_EXIT_INTR: return {};
    case KVM_EXIT_SHUTDOWN: return broken("the guest kernel failed: triple fault");
    case KVM_EXIT_FAIL_ENTRY:
      return broken(fmt::format("KVM refuses to enter the guest: hardware reason {:#x}",
                                static_cast<std::uint64_t>(run_->fail_entry.hardware_entry_failure_reason)));
    case KVM_EXIT_INTERNAL_ERROR: {
      std::string what = fmt::format("KVM cannot execute the guest's code: internal error {}",
                                     static_cast<std::uint32_t>(run_->internal.suberror));
      for (std::uint32_t i = 0; i < run_->internal.ndata && i < std::size(run_->internal.data); ++i)
        what += fmt::format(" {:#x}", static_cast<std::uint64_t>(run_->internal.data[i]));
      return broken(std::move(what));
    }
    case KVM_EXIT_IO:
      return broken(
          fmt::format("the guest used I/O port {:#x}; there are none", static_cast<std::uint16_t>(run_->io.port)));
    default:
      return broken(fmt::format("vCPU exit {} is not one that this program handles",
                                static_cast<std::uint32_t>(run_->exit_reason)));
  }
}

Expected<void> Vcpu::handle_store(VcpuEvents& events) {
  const std::uint64_t address = run_->mmio.phys_addr;
  const std::uint32_t length = run_->mmio.len;
  const bool inside = address >= config_.doorbell && address - config_.doorbell < abi::kDoorbellSize;
  if (!inside || run_->mmio.is_write == 0 || length != sizeof(std::uint32_t))
    return broken(fmt::format("the guest {} {} bytes at physical address {:#x}, where there is no memory",
                              run_->mmio.is_write != 0 ? "stored" : "loaded", length, address));
  std::uint32_t value;
  std::memcpy(&value, run_->mmio.data, sizeof value);
  ++counters_.doorbells;
  const auto offset = static_cast<std::uint32_t>(address - config_.doorbell);
  if (offset == static_cast<std::uint32_t>(abi::Doorbell::interrupt_ack) && interrupt_.acknowledge()) return {};
  events.doorbell(config_.index, offset, value);
  return {};
}

std::unexpected<Error> Vcpu::broken(std::string what) const {
  return fail(fmt::format("{}; vCPU {}: {}", what, config_.index, dump_registers(descriptor_)));
}

}  // namespace baryon::host::kvm
