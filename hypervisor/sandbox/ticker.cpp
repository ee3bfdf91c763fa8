#include "hypervisor/sandbox/ticker.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/jail/jail.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host {

namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kPeriodNs = 4 * kMillisecond;
constexpr std::uint64_t kTracingPeriodNs = kMillisecond / 4;
constexpr std::uint64_t kSecondTerminateNs = 2000 * kMillisecond;
constexpr std::uint64_t kAnswerNs = 5000 * kMillisecond;

}  // namespace

Expected<std::unique_ptr<Ticker>> Ticker::create(Config config) {
  UniqueFd wakeup(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wakeup.valid()) return fail_errno("cannot create the ticker's eventfd", errno);
  return std::unique_ptr<Ticker>(new Ticker(std::move(config), std::move(wakeup)));
}

Ticker::Ticker(Config config, UniqueFd wakeup)
    : config_(std::move(config)),
      wakeup_(std::move(wakeup)),
      served_deadline_(config_.machine.vcpus(), abi::kNever),
      event_seen_(config_.machine.vcpus(), false) {}

Expected<void> Ticker::start() {
  thread_ = BARYON_TRY(Thread::start("ticker", [this] { loop(); }));
  return {};
}

void Ticker::stop() {
  stopping_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wakeup_.get(), &one, sizeof one));
  thread_.join();
}

void Ticker::loop() {
  ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  jail::restrict_thread(jail::Role::ticker);
  Machine& machine = config_.machine;
  while (!stopping_.load(std::memory_order_acquire)) {
    std::uint64_t now = monotonic_now_ns();
    take_signals(now);
    check_answer(now);
    if (config_.execs != nullptr && exec_news_ && config_.execs->serve(config_.control)) machine.poke(0);
    config_.clock.refresh();
    config_.log.drain();

    machine.nudge_sockets();

    std::uint64_t next = look(now);
    if (next == abi::kNever) {
      machine.ticker_parked.store(true, std::memory_order_seq_cst);
      // A vCPU that woke before it could see the flag is seen here.
      if (machine.any_running()) next = look(now);
    }
    if (config_.execs != nullptr && config_.execs->has_backlog()) next = std::min(next, now + kPeriodNs);
    if (unanswered_since_ != 0) next = std::min(next, unanswered_since_ + kAnswerNs);
    wait_until(monotonic_now_ns(), next);
    machine.ticker_parked.store(false, std::memory_order_relaxed);
  }
}

std::uint64_t Ticker::look(std::uint64_t now) {
  Machine& machine = config_.machine;
  const std::uint64_t period_end = now + (config_.often ? kTracingPeriodNs : kPeriodNs);
  std::uint64_t next = abi::kNever;
  for (std::uint32_t n = 0; n < machine.vcpus(); ++n) {
    if (!machine.running(n)) {
      event_seen_[n] = false;
      continue;
    }
    abi::VcpuPage& page = machine.page(n);
    // Promised before deadline_ns is read: a guest that sets an earlier deadline afterwards sees the promise and rings.
    page.next_check_ns.store(period_end, std::memory_order_seq_cst);
    const std::uint64_t deadline = page.deadline_ns.load(std::memory_order_seq_cst);
    const bool event = page.event.load(std::memory_order_seq_cst) != 0;
    const bool overdue = deadline <= now;

    // The same deadline is served once a period, so that a guest that leaves it in the past is not flooded.
    if ((overdue && served_deadline_[n] != deadline) || (event && event_seen_[n])) machine.interrupt(n);
    served_deadline_[n] = overdue && served_deadline_[n] != deadline ? deadline : abi::kNever;
    event_seen_[n] = event;

    next = std::min(next, overdue ? period_end : std::min(period_end, deadline));
  }
  return next;
}

void Ticker::take_signals(std::uint64_t now) {
  for (;;) {
    const auto [number, from_terminal] = config_.signals.take();
    if (number == 0) return;
    Machine& machine = config_.machine;
    if (number == SIGTERM && config_.terminate_twice) {
      if (last_terminate_ != 0 && now - last_terminate_ < kSecondTerminateNs) {
        log::warn("second SIGTERM: the sandbox is stopped without the program's consent");
        machine.finish(128 + SIGTERM);
        return;
      }
      last_terminate_ = now;
    }
    const auto kind = from_terminal ? abi::ControlKind::terminal : abi::ControlKind::signal;
    if (!config_.control.send(kind, static_cast<std::uint64_t>(number))) {
      log::warn("signal {} is lost: the guest has not taken {} earlier ones", number, abi::kControlSlots);
      continue;
    }
    if (number != SIGWINCH && unanswered_since_ == 0) {
      unanswered_since_ = now;
      unanswered_signal_ = number;
    }
    machine.poke(0);
  }
}

void Ticker::check_answer(std::uint64_t now) {
  if (unanswered_since_ == 0) return;
  if (config_.control.answered()) {
    unanswered_since_ = 0;
  } else if (now - unanswered_since_ >= kAnswerNs) {
    log::error("the guest kernel has not taken signal {} for 5 s: the sandbox is stopped", unanswered_signal_);
    config_.machine.finish(128 + unanswered_signal_);
    unanswered_since_ = 0;
  }
}

void Ticker::wait_until(std::uint64_t now, std::uint64_t deadline) {
  waited_.clear();
  waited_.push_back({.fd = wakeup_.get(), .events = POLLIN, .revents = 0});
  waited_.push_back({.fd = config_.signals.descriptor(), .events = POLLIN, .revents = 0});
  if (config_.execs != nullptr) config_.execs->add_to(waited_);
  timespec left{};
  if (deadline != abi::kNever && deadline > now)
    left = {.tv_sec = static_cast<time_t>((deadline - now) / 1'000'000'000),
            .tv_nsec = static_cast<long>((deadline - now) % 1'000'000'000)};
  static_cast<void>(::ppoll(waited_.data(), waited_.size(), deadline == abi::kNever ? nullptr : &left, nullptr));
  exec_news_ = config_.execs != nullptr && config_.execs->has_backlog();
  for (std::size_t i = 2; i < waited_.size(); ++i) exec_news_ |= waited_[i].revents != 0;
  if ((waited_[0].revents & POLLIN) != 0) {
    std::uint64_t count;
    static_cast<void>(!::read(wakeup_.get(), &count, sizeof count));
  }
}

}  // namespace baryon::host
