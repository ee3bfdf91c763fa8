// See server.hpp for the picture.
//
// The sleep protocol (kernel/abi/qcall.hpp). Guest: publish sq.tail, then read host_awake; host: clear host_awake, then
// read every sq.tail; all four sequentially consistent. So either the guest sees 0 and rings (or halts, and its vCPU
// thread calls help()), or the host sees the submission and stays awake.
#include "hypervisor/qcall/server.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "host/cpu_relax.hpp"
#include "hypervisor/files/host_root.hpp"
#include "hypervisor/files/serving_thread.hpp"
#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/jail/jail.hpp"
#include "hypervisor/qcall/core.hpp"
#include "hypervisor/qcall/io_ring.hpp"
#include "hypervisor/qcall/spin_policy.hpp"
#include "hypervisor/qcall/standard_handles.hpp"
#include "hypervisor/streams/terminal.hpp"
#include "hypervisor/support/log.hpp"
#include "kernel/abi/boot_page.hpp"

namespace baryon::host {
namespace {

// Paths and directory buffers live on the stack; below 2 MiB, so that the kernel does not back it with a huge page.
constexpr std::size_t kStackSize = 512 * 1024;
// How often the clock is looked at while spinning.
constexpr int kSpinsPerClock = 16;
constexpr int kStopWaitMs = 100;
constexpr int kStopRounds = 50;

std::uint64_t now_ns() noexcept {
  struct timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

SpinPolicy::Mode policy_mode(SpinMode mode) {
  if (mode == SpinMode::never) return SpinPolicy::Mode::never;
  if (mode == SpinMode::always) return SpinPolicy::Mode::always;
  cpu_set_t cores;
  // With one core a spinning host only keeps the guest from running.
  const bool several = ::sched_getaffinity(0, sizeof cores, &cores) != 0 || CPU_COUNT(&cores) > 1;
  return several ? SpinPolicy::Mode::adaptive : SpinPolicy::Mode::never;
}

}  // namespace

struct QCallServer::State {
  State(const QCallConfig& config, VcpuControl& control, std::byte* queues, abi::SandboxPage& page)
      : core(config.memory, control, queues, config.vcpus, config.release_floor),
        policy(policy_mode(config.spin)),
        sandbox(page),
        vcpus(config.vcpus) {}

  void run();
  bool serve_round();
  bool spin();
  void sleep();
  void finish();
  void ring_doorbell() noexcept;

  std::mutex mutex;  // guards core, policy
  Core core;
  SpinPolicy policy;
  abi::SandboxPage& sandbox;
  const std::uint32_t vcpus;

  UniqueFd doorbell;
  std::uint64_t doorbell_value = 0;  // where the pending read puts the eventfd's count
  std::unique_ptr<IoRing> ring;      // server thread only, once started

  std::atomic<bool> stopping{false};
  bool stopped = false;                   // stop()'s
  std::atomic<bool> promoted{false};      // help() asks for a spin
  std::atomic<std::uint64_t> rung_at{0};  // first doorbell since the server went to sleep
  std::atomic<std::uint64_t> doorbells{0};
  std::atomic<std::uint64_t> sleeps{0};
  pthread_t thread{};
  bool started = false;
};

// One look at everything. True when there was something.
bool QCallServer::State::serve_round() {
  const std::lock_guard lock(mutex);
  std::uint32_t taken = 0;
  for (std::uint32_t queue = 0; queue < vcpus; ++queue) taken += core.drain(queue);
  bool completed = false;
  RingCompletion completion;
  while (ring->next(completion)) {
    switch (completion.token.kind) {
      case Token::Kind::doorbell:
        if (completion.result == sizeof doorbell_value || completion.result == -EINTR || completion.result == -EAGAIN) {
          ring->read_doorbell(doorbell.get(), &doorbell_value);
          ring->submit();
        } else if (!stopping.load(std::memory_order_relaxed)) {
          log::error("QCall doorbell failed with error {}", -completion.result);
        }
        break;
      case Token::Kind::operation:
        core.ring_completion(completion);
        completed = true;
        break;
      case Token::Kind::ignored: break;
    }
  }
  if (core.has_waiting()) core.hand_over(*ring);
  core.tell_readiness();
  if (taken != 0) policy.served(now_ns());
  return taken != 0 || completed;
}

// Looks for work until the policy says stop. False when it does.
bool QCallServer::State::spin() {
  for (;;) {
    for (int i = 0; i < kSpinsPerClock; ++i) {
      if (core.any_pending(std::memory_order_relaxed) || ring->ready()) return true;
      cpu_relax();
    }
    if (stopping.load(std::memory_order_relaxed)) return true;
    const std::lock_guard lock(mutex);
    core.tell_readiness();
    if (!policy.keep_spinning(now_ns())) return false;
  }
}

void QCallServer::State::sleep() {
  rung_at.store(0, std::memory_order_relaxed);
  sandbox.host_awake.store(0, std::memory_order_seq_cst);
  const bool work = core.any_pending(std::memory_order_seq_cst) || stopping.load(std::memory_order_seq_cst);
  if (work) {
    sandbox.host_awake.store(1, std::memory_order_seq_cst);
    return;
  }
  {
    const std::lock_guard lock(mutex);
    policy.slept();
  }
  sleeps.fetch_add(1, std::memory_order_relaxed);
  ring->wait();
  const std::uint64_t now = now_ns();
  const std::uint64_t rung = rung_at.load(std::memory_order_relaxed);
  sandbox.host_awake.store(1, std::memory_order_seq_cst);
  const bool asked = promoted.exchange(false, std::memory_order_relaxed);
  // What the wake was for does not count as found by spinning.
  serve_round();
  const std::lock_guard lock(mutex);
  if (rung != 0 && now > rung) policy.measured_wake(now - rung);
  policy.woke(now_ns(), asked);
}

void QCallServer::State::run() {
  ::pthread_setname_np(::pthread_self(), "qcall");
  jail::restrict_thread(jail::Role::qcall);
  prepare_serving_thread();
  if (const int error = ring->enable(); error != 0) {
    log::error("cannot enable the io_uring: error {}", -error);
    return;
  }
  ring->read_doorbell(doorbell.get(), &doorbell_value);
  ring->submit();
  sandbox.host_awake.store(1, std::memory_order_seq_cst);
  while (!stopping.load(std::memory_order_seq_cst))
    if (!serve_round() && !spin()) sleep();
  sandbox.host_awake.store(0, std::memory_order_seq_cst);
  finish();
}

// Nothing of ours may write into guest memory after the thread has ended.
void QCallServer::State::finish() {
  {
    const std::lock_guard lock(mutex);
    core.abandon(*ring);
  }
  ring->cancel({Token::Kind::doorbell, 0, 0, 0});
  for (int round = 0; round < kStopRounds && ring->outstanding() != 0; ++round) {
    RingCompletion completion;
    while (ring->next(completion)) {
      const std::lock_guard lock(mutex);
      if (completion.token.kind == Token::Kind::operation) core.ring_completion(completion);
    }
    if (ring->outstanding() != 0) ring->wait_for(kStopWaitMs);
  }
  if (ring->outstanding() != 0)
    log::warn("{} requests of the guest do not end; the host's storage hangs?", ring->outstanding());
}

void QCallServer::State::ring_doorbell() noexcept {
  const int saved_errno = errno;
  std::uint64_t expected = 0;
  rung_at.compare_exchange_strong(expected, now_ns(), std::memory_order_relaxed);
  doorbells.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  // The counter never gets near its limit, as every wake-up takes all of it: the write cannot fail.
  (void)!::write(doorbell.get(), &one, sizeof one);
  errno = saved_errno;
}

QCallServer::QCallServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

QCallServer::~QCallServer() { stop(); }

Expected<std::unique_ptr<QCallServer>> QCallServer::create(QCallConfig config, VcpuControl& control) {
  if (config.vcpus == 0 || config.vcpus > abi::kMaxVcpus) return fail("QCall server: bad number of vCPUs");
  std::byte* queues = config.memory.at(config.queues, config.vcpus * abi::kQueueSize);
  auto* page = config.memory.object<abi::SandboxPage>(config.sandbox_page);
  if (queues == nullptr || page == nullptr || config.queues % abi::kPageSize != 0)
    return fail("QCall server: queues or sandbox page are not in guest memory");
  if (!prepare_reopen())
    return fail_errno("cannot open /proc/self/fd", errno, "baryon needs /proc mounted when it starts");

  auto state = std::make_unique<State>(config, control, queues, *page);
  BARYON_TRY(add_standard_handles(state->core.services().handles(), config.standard_streams, config.mounts));
  if (config.sockets != 0) {
    auto* readiness = config.memory.object<abi::SocketReadiness>(config.sockets);
    if (readiness == nullptr) return fail("QCall server: the readiness table is not in guest memory");
    BARYON_TRY(state->core.services().sockets().enable(*readiness));
  }
  for (UniqueFd& stream : config.more_streams)
    if (const std::int64_t handle = add_stream(state->core.services().handles(), std::move(stream)); handle < 0)
      return fail_errno("cannot give a file to the guest", static_cast<int>(-handle));
  state->core.services().set_exec_desk(config.exec_desk);
  state->doorbell = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!state->doorbell.valid()) return fail_errno("cannot create an eventfd", errno);
  state->ring = BARYON_TRY(IoRing::create());
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  remember_terminals(config.standard_streams);
  return std::unique_ptr<QCallServer>(new QCallServer(std::move(state)));
}

Expected<void> QCallServer::start() {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStackSize);
  sigset_t all;
  sigset_t previous;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &previous);
  const int error = ::pthread_create(
      &state_->thread, &attributes,
      [](void* state) -> void* {
        static_cast<State*>(state)->run();
        return nullptr;
      },
      state_.get());
  ::pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  ::pthread_attr_destroy(&attributes);
  if (error != 0) return fail_errno("cannot start the QCall thread", error);
  state_->started = true;
  return {};
}

void QCallServer::doorbell() noexcept { state_->ring_doorbell(); }

int QCallServer::doorbell_descriptor() const noexcept { return state_->doorbell.get(); }

bool QCallServer::spins() const noexcept { return state_->policy.enabled(); }

bool QCallServer::help(std::uint32_t vcpu) {
  State& state = *state_;
  if (vcpu >= state.vcpus || !state.core.pending(vcpu, std::memory_order_seq_cst)) return false;
  if (!state.mutex.try_lock()) {
    // Someone else is serving. An awake server looks at this queue before it sleeps; another vCPU's thread does not.
    if (state.sandbox.host_awake.load(std::memory_order_seq_cst) == 0) state.ring_doorbell();
    return false;
  }
  bool completed;
  bool wake;
  {
    const std::lock_guard lock(state.mutex, std::adopt_lock);
    const std::uint64_t before = state.core.completed(vcpu);
    const std::uint32_t taken = state.core.drain(vcpu);
    completed = state.core.completed(vcpu) != before;
    state.core.stats().helped += taken;
    wake = state.core.has_waiting() || state.core.pending(vcpu, std::memory_order_seq_cst);
    if (taken != 0 && state.policy.enough_helps(now_ns())) {
      state.promoted.store(true, std::memory_order_relaxed);
      wake = true;
    }
  }
  // Also when the server is awake: it may be about to sleep, and does not look at the list of waiting requests then.
  if (wake) state.ring_doorbell();
  return completed;
}

bool QCallServer::look_at_sockets(std::uint32_t vcpu) {
  const std::lock_guard lock(state_->mutex);
  return state_->core.tell_readiness(vcpu);
}

void QCallServer::nudge() noexcept {
  if (state_->sandbox.host_awake.load(std::memory_order_relaxed) == 0 &&
      state_->core.any_pending(std::memory_order_relaxed))
    state_->ring_doorbell();
}

int QCallServer::readiness_descriptor() const noexcept { return state_->core.services().sockets().descriptor(); }

Expected<std::vector<std::uint32_t>> QCallServer::add_streams(std::vector<UniqueFd> streams) {
  std::vector<std::uint32_t> handles;
  const std::lock_guard lock(state_->mutex);
  HandleTable& table = state_->core.services().handles();
  for (UniqueFd& stream : streams) {
    const std::int64_t handle = add_stream(table, std::move(stream));
    if (handle < 0) {
      for (const std::uint32_t added : handles) table.close(added);
      return fail_errno("cannot give a file to the guest", static_cast<int>(-handle));
    }
    handles.push_back(static_cast<std::uint32_t>(handle));
  }
  return handles;
}

void QCallServer::close_handles(const std::vector<std::uint32_t>& handles) {
  const std::lock_guard lock(state_->mutex);
  for (const std::uint32_t handle : handles) state_->core.services().handles().close(handle);
}

void QCallServer::request_stop() {
  if (state_ == nullptr || state_->stopping.exchange(true)) return;
  if (state_->started) state_->ring_doorbell();
}

void QCallServer::stop() {
  if (state_ == nullptr || state_->stopped) return;
  request_stop();
  state_->stopped = true;
  if (state_->started) ::pthread_join(state_->thread, nullptr);
  restore_terminals();
}

QCallStats QCallServer::stats() const {
  const std::lock_guard lock(state_->mutex);
  QCallStats stats = state_->core.stats();
  stats.doorbells = state_->doorbells.load(std::memory_order_relaxed);
  stats.sleeps = state_->sleeps.load(std::memory_order_relaxed);
  stats.spin_hits = state_->policy.hits();
  stats.spin_misses = state_->policy.misses();
  stats.wake_ns = state_->policy.wake_ns();
  return stats;
}

}  // namespace baryon::host
