// Queueing, masks, default actions, restarts.
#include <catch2/catch.hpp>
#include <vector>

#include "kernel/sched/signal.hpp"
#include "kernel/sched/test/fixture.hpp"

using namespace baryon;
using namespace baryon::sched;
using arch::hosted::delivered;

namespace {

SigInfo info_of(int signal, u64 value = 0, i32 code = kSiQueue) {
  SigInfo info;
  info.signo = signal;
  info.code = code;
  info.user.value = value;
  return info;
}

std::vector<int> numbers() {
  std::vector<int> result;
  for (const auto& d : delivered) result.push_back(d.number);
  return result;
}

// A look on the way to user mode, as after a system call that returned `result`.
arch::TrapFrame look(i64 result = 0, bool in_syscall = true) {
  arch::TrapFrame frame;
  frame.number = in_syscall ? 1 : ~u64{0};
  arch::set_syscall_result(frame, result);
  before_user(frame, in_syscall);
  return frame;
}

void in_process(std::function<void()> body) {
  test::Machine machine;
  Ref<Process> process = machine.make_process();
  machine.spawn_user(*process, std::move(body));
  machine.run();
}

u32 status_after(std::function<void()> body) {
  test::Machine machine;
  Ref<Process> process = machine.make_process();
  machine.spawn_user(*process, std::move(body));
  machine.run();
  return process->wait_status();
}

void handle(int signal, u64 flags = 0, SignalMask mask = 0) {
  const SignalAction action{0x5000, flags, 0, mask};
  (void)set_action(signal, &action, nullptr);
}

constexpr i64 kRestartSys = -512, kRestartNoHandler = -514, kEintr = -4;

}  // namespace

TEST_CASE("signals: standard ones merge, real-time ones queue in order, lowest number first") {
  std::vector<u64> values;
  in_process([&] {
    set_blocked(~u64{0});
    for (u64 v : {1, 2, 3}) (void)send_signal(current(), info_of(40, v));
    (void)send_signal(current_process(), info_of(35, 9));
    for (int i = 0; i < 3; ++i) (void)send_signal(current(), info_of(kSigusr1, 77));
    SigInfo info;
    while (take_signal(~u64{0}, info) != 0) values.push_back(static_cast<u64>(info.signo) * 100 + info.user.value);
  });
  // The thread's own come before the process's.
  CHECK(values == std::vector<u64>{1077, 4001, 4002, 4003, 3509});
}

TEST_CASE("signals: the queue is bounded by RLIMIT_SIGPENDING") {
  u32 sent = 0;
  Errno failure{};
  in_process([&] {
    set_blocked(~u64{0});
    current_process().limits[Limit::sigpending].soft = 10;
    for (; sent < 100; ++sent)
      if (auto r = send_signal(current(), info_of(40)); !r.ok()) {
        failure = r.error().code();
        break;
      }
  });
  CHECK(sent == 10);
  CHECK(failure == Errno::again);
}

TEST_CASE("signals: handlers run with the action's mask and the frame keeps the old one") {
  SignalMask during = 0;
  in_process([&] {
    set_blocked(mask_of(kSigterm));
    handle(kSigusr1, 0, mask_of(kSigusr2));
    raise_signal(kSigusr1);
    look();
    during = current().blocked;
  });
  REQUIRE(delivered.size() == 1);
  CHECK(delivered[0].saved_mask == mask_of(kSigterm));
  CHECK(during == (mask_of(kSigterm) | mask_of(kSigusr1) | mask_of(kSigusr2)));
}

TEST_CASE("signals: SA_NODEFER and SA_RESETHAND") {
  u64 handler = 1;
  SignalMask during = ~u64{0};
  in_process([&] {
    handle(kSigusr1, kSaNodefer | kSaResethand);
    raise_signal(kSigusr1);
    look();
    during = current().blocked;
    SignalAction now;
    (void)set_action(kSigusr1, nullptr, &now);
    handler = now.handler;
  });
  CHECK(during == 0);
  CHECK(handler == kSigDefault);
}

TEST_CASE("signals: interrupted calls restart or fail as the action says") {
  std::vector<std::pair<u64, i64>> seen;
  in_process([&] {
    const auto record = [&](const arch::TrapFrame& f) { seen.emplace_back(f.rewinds, arch::syscall_result(f)); };
    handle(kSigusr1, kSaRestart);
    handle(kSigusr2);
    raise_signal(kSigusr1);
    record(look(kRestartSys));
    set_blocked(0);
    raise_signal(kSigusr2);
    record(look(kRestartSys));
    set_blocked(0);
    raise_signal(kSigusr1);
    record(look(kRestartNoHandler));
    set_blocked(0);
    record(look(kRestartSys));  // no signal at all
    raise_signal(kSigwinch);    // ignored by default
    record(look(kRestartNoHandler));
  });
  REQUIRE(seen.size() == 5);
  CHECK(seen[0].first == 1);
  CHECK(seen[1] == std::pair<u64, i64>{0, kEintr});
  CHECK(seen[2] == std::pair<u64, i64>{0, kEintr});
  CHECK(seen[3].first == 1);
  CHECK(seen[4].first == 1);
}

TEST_CASE("signals: a temporary mask stays for the delivery and is then restored") {
  SignalMask after = 0;
  in_process([&] {
    handle(kSigusr1);
    set_blocked(mask_of(kSigusr1) | mask_of(kSighup));
    raise_signal(kSigusr1);
    set_temporary_mask(0);
    finish_temporary_mask(true);
    look(kRestartNoHandler);
    after = current().blocked;
  });
  REQUIRE(numbers() == std::vector<int>{kSigusr1});
  CHECK(delivered[0].saved_mask == (mask_of(kSigusr1) | mask_of(kSighup)));
  CHECK(after == mask_of(kSigusr1));
}

TEST_CASE("signals: default actions") {
  for (int signal = 1; signal <= kSignals; ++signal) {
    CAPTURE(signal);
    bool survived = false;
    const u32 status = status_after([&] {
      (void)send_signal(current(), info_of(signal));
      look();
      survived = true;
    });
    switch (signal == kSigkill ? DefaultAction::terminate : default_action(signal)) {
      case DefaultAction::terminate:
        CHECK(!survived);
        CHECK(status == static_cast<u32>(signal));
        break;
      case DefaultAction::core:
        CHECK(!survived);
        CHECK(status == (static_cast<u32>(signal) | 0x80));
        break;
      // The process has no parent, so its group is orphaned: a terminal's stop signals have no effect (POSIX, 2.4.3).
      case DefaultAction::stop: CHECK(survived == (signal != kSigstop)); break;
      default: CHECK(survived); CHECK(status == 0);
    }
  }
}

TEST_CASE("signals: a forced one kills even when blocked or ignored") {
  CHECK(status_after([] {
          set_blocked(~u64{0});
          force_signal(info_of(kSigsegv, 0, kSegvMaperr));
          look();
        }) == (static_cast<u32>(kSigsegv) | 0x80));
  CHECK(status_after([] {
          const SignalAction ignore{kSigIgnore, 0, 0, 0};
          (void)set_action(kSigsegv, &ignore, nullptr);
          force_signal(info_of(kSigsegv, 0, kSegvMaperr));
          look();
        }) == (static_cast<u32>(kSigsegv) | 0x80));
  // No stack for the handler.
  CHECK(status_after([] {
          handle(kSigsegv);
          arch::hosted::refuse_frames = true;
          force_signal(info_of(kSigsegv, 0, kSegvMaperr));
          look();
        }) == (static_cast<u32>(kSigsegv) | 0x80));
}

TEST_CASE("signals: one to the process goes to a thread that does not block it, and wakes it") {
  test::Machine machine;
  Ref<Process> process = machine.make_process();
  Errno interrupted_by{};
  WaitQueue nothing;
  machine.spawn_user(*process, [&] {
    set_blocked(mask_of(kSigusr1));
    (void)wait(nothing, [] { return false; }, monotonic_ns() + 1'000'000);
  });
  machine.spawn_user(*process, [&] {
    handle(kSigusr1);
    interrupted_by = wait(nothing, [] { return false; }).error().code();
    look(kRestartSys);
  });
  machine.spawn([&] { (void)send_signal(*process, info_of(kSigusr1)); });
  machine.run();
  CHECK(interrupted_by == Errno::restart_sys);
  CHECK(numbers() == std::vector<int>{kSigusr1});
}

TEST_CASE("signals: sigwait takes a blocked one and times out without") {
  std::vector<int> taken;
  Errno failure{};
  test::Machine machine;
  Ref<Process> process = machine.make_process();
  machine.spawn_user(*process, [&] {
    set_blocked(mask_of(kSigusr1));
    SigInfo info;
    if (auto r = wait_signal(mask_of(kSigusr1), info, kNever); r.ok()) taken.push_back(r.value());
    failure = wait_signal(mask_of(kSigusr1), info, monotonic_ns() + 1000).error().code();
  });
  machine.spawn([&] { (void)send_signal(*process, info_of(kSigusr1)); });
  machine.run();
  CHECK(taken == std::vector<int>{kSigusr1});
  CHECK(failure == Errno::again);
}

TEST_CASE("exit_group ends threads that wait and decides the status") {
  test::Machine machine;
  Ref<Process> process = machine.make_process();
  int ended = 0;
  WaitQueue nothing;
  for (int i = 0; i < 3; ++i)
    machine.spawn_user(*process, [&] {
      (void)wait(nothing, [] { return false; });
      ++ended;
      look(kRestartSys);
      ended += 100;  // not reached
    });
  machine.spawn_user(*process, [&] {
    current_process().begin_exit(7 << 8);
    exit_current(0);
  });
  machine.run();
  CHECK(ended == 3);
  CHECK(process->wait_status() == 7 << 8);
  CHECK(process->thread_count() == 0);
}

TEST_CASE("signals: a container's init gets those alone that it has a handler for, until it faults") {
  // Sends one to it, lets it look, and says how it ended: 0 if it went on.
  const auto status_of_init = [](std::function<void()> before) {
    return status_after([&] {
      current_process().is_init = true;
      before();
      look();
    });
  };
  for (int signal = 1; signal <= kSignals; ++signal) {
    CAPTURE(signal);
    CHECK(status_of_init([&] { (void)send_signal(current_process(), info_of(signal)); }) == 0);
    // Blocked when it came, so kept; let in, it does nothing all the same.
    if ((mask_of(signal) & kUnblockable) != 0) continue;
    bool kept = false;
    CHECK(status_of_init([&] {
            set_blocked(mask_of(signal));
            (void)send_signal(current_process(), info_of(signal));
            kept = pending_signals() == mask_of(signal);
            set_blocked(0);
          }) == 0);
    CHECK(kept);
  }
  CHECK(status_of_init([] {
          handle(kSigterm);
          (void)send_signal(current_process(), info_of(kSigterm));
        }) == 0);
  CHECK(numbers() == std::vector<int>{kSigterm});
  CHECK(status_of_init([] { (void)send_signal(current_process(), info_of(kSigkill, 0, kSiKernel)); }) == kSigkill);
  CHECK(status_of_init([] { force_signal(info_of(kSigsegv, 0, kSegvMaperr)); }) == (static_cast<u32>(kSigsegv) | 0x80));
}
