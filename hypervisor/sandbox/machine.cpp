#include "hypervisor/sandbox/machine.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "hypervisor/jail/jail.hpp"
#include "hypervisor/sandbox/outcome.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host {

namespace {

void signal_eventfd(int descriptor) noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then it is readable as well.
  static_cast<void>(!::write(descriptor, &one, sizeof one));
}

void clear_eventfd(int descriptor) noexcept {
  std::uint64_t count;
  static_cast<void>(!::read(descriptor, &count, sizeof count));
}

}  // namespace

Expected<std::unique_ptr<Machine>> Machine::create(Config config) {
  std::vector<Sleeper> sleepers(config.layout.vcpus);
  for (std::uint32_t n = 0; n < config.layout.vcpus; ++n) {
    sleepers[n].page = config.memory.object<abi::VcpuPage>(config.layout.vcpu_page(n));
    sleepers[n].eventfd = UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (sleepers[n].page == nullptr) return fail("a vCPU's page lies outside guest memory");
    if (!sleepers[n].eventfd.valid())
      return fail_errno(fmt::format("cannot create the eventfd of vCPU {}", n), errno,
                        "raise the limit on open files (ulimit -n)");
  }
  return std::unique_ptr<Machine>(new Machine(std::move(config), std::move(sleepers)));
}

Machine::Machine(Config config, std::vector<Sleeper> sleepers)
    : config_(std::move(config)), sleepers_(std::move(sleepers)) {}

Machine::~Machine() = default;

void Machine::connect(QCallServer& server, int timer) {
  server_ = &server;
  timer_ = timer;
  sockets_ = server.readiness_descriptor();
  if (config_.engine.attaches_early()) attach_all();
}

void Machine::attach_all() {
  const auto attach = [&](abi::Doorbell which, std::optional<std::uint32_t> value, int eventfd) {
    if (auto attached = config_.engine.attach_doorbell(which, value, eventfd); !attached)
      finish(std::unexpected(std::move(attached).error()));
  };
  attach(abi::Doorbell::qcall, std::nullopt, server_->doorbell_descriptor());
  attach(abi::Doorbell::timer, std::nullopt, timer_);
  for (std::uint32_t n = 0; n < vcpus(); ++n) attach(abi::Doorbell::wake, n, sleepers_[n].eventfd.get());
}

void Machine::count_ring(abi::Doorbell which, std::optional<std::uint32_t> value, std::atomic<std::uint32_t>& rings,
                         int eventfd) {
  if (rings.fetch_add(1, std::memory_order_relaxed) + 1 != kRingsBeforeEventfd) return;
  if (auto attached = config_.engine.attach_doorbell(which, value, eventfd); !attached)
    log::debug("doorbell {:#x} stays with its vCPU thread: {}", static_cast<std::uint32_t>(which),
               attached.error().what);
}

Expected<void> Machine::create_vcpu(std::uint32_t number) {
  return config_.engine.create_vcpu(number, config_.first_state(number));
}

Expected<int> Machine::run() {
  run_vcpu(0);
  std::vector<Thread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads = std::move(threads_);
  }
  threads.clear();  // joins
  const std::lock_guard lock(mutex_);
  return std::move(*outcome_);
}

void Machine::run_vcpu(std::uint32_t number) {
  // Sleeps are to end on time, not within the default 50 µs of slack.
  ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  jail::restrict_thread(jail::Role::vcpu);
  sleepers_[number].started.store(true, std::memory_order_release);
  unpark_ticker();
  if (auto ran = config_.engine.run_vcpu(number, *this); !ran) finish(std::unexpected(std::move(ran).error()));
}

void Machine::finish(Expected<int> outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome_) return;
    outcome_ = std::move(outcome);
    stopping_.store(true, std::memory_order_seq_cst);
    config_.engine.stop();
  }
  for (Sleeper& sleeper : sleepers_) signal_eventfd(sleeper.eventfd.get());
}

void Machine::wake(std::uint32_t number) noexcept {
  if (number < vcpus() && sleepers_[number].waiting.load(std::memory_order_seq_cst))
    signal_eventfd(sleepers_[number].eventfd.get());
}

void Machine::poke(std::uint32_t number) noexcept {
  sleepers_[number].page->event.store(1, std::memory_order_seq_cst);
  // Woken and interrupted: it may start or stop waiting in between, and one of the two reaches it.
  wake(number);
  config_.engine.interrupt(number);
}

bool Machine::any_running() const {
  for (std::uint32_t n = 0; n < vcpus(); ++n)
    if (running(n)) return true;
  return false;
}

void Machine::unpark_ticker() noexcept {
  if (ticker_parked.load(std::memory_order_seq_cst) && timer_ >= 0) signal_eventfd(timer_);
}

void Machine::halted(std::uint32_t vcpu) {
  Sleeper& sleeper = sleepers_[vcpu];
  if (server_ != nullptr) server_->help(vcpu);
  if (sockets_ >= 0) look_at_sockets(vcpu);
  if (config_.log.pending()) config_.log.drain();

  sleeper.waiting.store(true, std::memory_order_seq_cst);
  // One sleeper watches the sockets, so that what comes in wakes one thread.
  const bool watches = sockets_ >= 0 && !sockets_watched_.exchange(true, std::memory_order_seq_cst);
  wait(vcpu, watches);
  if (watches) sockets_watched_.store(false, std::memory_order_seq_cst);
  sleeper.waiting.store(false, std::memory_order_seq_cst);

  sleeper.page->sleeping.store(0, std::memory_order_seq_cst);
  unpark_ticker();
  config_.clock.refresh();
}

void Machine::look_at_sockets(std::uint32_t vcpu) {
  if (server_->look_at_sockets(vcpu)) sleepers_[vcpu].page->event.store(1, std::memory_order_seq_cst);
}

void Machine::nudge_sockets() noexcept {
  if (sockets_ < 0) return;
  server_->nudge();
  if (sockets_watched_.load(std::memory_order_relaxed)) return;
  pollfd ready{.fd = sockets_, .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, 0) == 1) server_->doorbell();
}

void Machine::wait(std::uint32_t vcpu, bool watches_sockets) {
  Sleeper& sleeper = sleepers_[vcpu];
  for (;;) {
    if (stopping_.load(std::memory_order_seq_cst)) return;
    if (sleeper.page->event.load(std::memory_order_seq_cst) != 0) return;
    const std::uint64_t deadline = sleeper.page->deadline_ns.load(std::memory_order_seq_cst);
    timespec left{};
    if (deadline != abi::kNever) {
      const std::uint64_t now = monotonic_now_ns();
      if (deadline <= now) return;
      left = {.tv_sec = static_cast<time_t>((deadline - now) / 1'000'000'000),
              .tv_nsec = static_cast<long>((deadline - now) % 1'000'000'000)};
    }
    pollfd waited[] = {{.fd = sleeper.eventfd.get(), .events = POLLIN, .revents = 0},
                       {.fd = config_.engine.failure_descriptor(), .events = POLLIN, .revents = 0},
                       {.fd = watches_sockets ? sockets_ : -1, .events = POLLIN, .revents = 0}};
    const int ready = ::ppoll(waited, std::size(waited), deadline == abi::kNever ? nullptr : &left, nullptr);
    // EINTR is a kick that came too late for KVM_RUN: whoever kicked has set `event`, or wants a stop.
    if (ready > 0 && waited[0].revents != 0) clear_eventfd(sleeper.eventfd.get());
    if (ready > 0 && waited[2].revents != 0) look_at_sockets(vcpu);
    // Doorbell::wake is attached to the eventfd directly: the guest's word that something happened, so look.
    if (ready > 0) return;
  }
}

void Machine::doorbell(std::uint32_t vcpu, std::uint32_t offset, std::uint32_t value) {
  switch (static_cast<abi::Doorbell>(offset)) {
    case abi::Doorbell::qcall:
      if (server_ == nullptr) return;
      count_ring(abi::Doorbell::qcall, std::nullopt, qcall_rings_, server_->doorbell_descriptor());
      return server_->doorbell();
    case abi::Doorbell::wake:
      if (value >= vcpus()) break;
      count_ring(abi::Doorbell::wake, value, sleepers_[value].rings, sleepers_[value].eventfd.get());
      return wake(value);
    case abi::Doorbell::interrupt:
      if (value >= vcpus()) break;
      wake(value);
      config_.engine.interrupt(value);
      return;
    case abi::Doorbell::timer:
      count_ring(abi::Doorbell::timer, std::nullopt, timer_rings_, timer_);
      return signal_eventfd(timer_);
    case abi::Doorbell::halt: return halted(vcpu);
    case abi::Doorbell::interrupt_ack: break;  // an engine that needs it keeps it to itself
    case abi::Doorbell::counter: {
      auto* const sandbox = config_.memory.object<abi::SandboxPage>(config_.layout.sandbox);
      if (auto met = config_.clock.meet_guest(sandbox->meeting); !met) finish(std::unexpected(std::move(met).error()));
      return;
    }
    case abi::Doorbell::memory:
      if (auto provided = config_.engine.provide_memory(std::uint64_t{value} * abi::kLargePageSize); !provided)
        finish(std::unexpected(std::move(provided).error()));
      return;
    case abi::Doorbell::shutdown: {
      auto* const sandbox = config_.memory.object<abi::SandboxPage>(config_.layout.sandbox);
      return finish(to_status(copy_farewell(*sandbox), config_.program, config_.memory.size()));
    }
  }
  finish(fail(fmt::format("the guest kernel rang doorbell {:#x} with {}, which does not exist", offset, value)));
}

bool Machine::start_vcpu(std::uint32_t number) {
  if (number == 0 || number >= vcpus() || finished()) return false;
  if (auto created = create_vcpu(number); !created) {
    log::warn("vCPU {} cannot start: {}", number, created.error().what);
    return false;
  }
  auto thread = Thread::start(fmt::format("vcpu{}", number).c_str(), [this, number] { run_vcpu(number); });
  if (!thread) {
    log::warn("vCPU {} cannot start: {}", number, thread.error().what);
    return false;
  }
  const std::lock_guard lock(mutex_);
  // Also when the sandbox is ending: the engine has been stopped, and run() or the destructor joins.
  threads_.push_back(std::move(*thread));
  return true;
}

void Machine::notify_vcpu(std::uint32_t number) {
  if (number >= vcpus()) return;
  sleepers_[number].page->event.store(1, std::memory_order_seq_cst);
  wake(number);
}

void Machine::guest_lied(const char* what) {
  finish(fail(fmt::format("the guest kernel broke the protocol of its request queues: {}", what)));
}

}  // namespace baryon::host
