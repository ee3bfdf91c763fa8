// Blocking, waking, yielding, sleeping on one vCPU with a fake clock.
#include <catch2/catch.hpp>
#include <vector>

#include "kernel/sched/test/fixture.hpp"
#include "kernel/sched/timer.hpp"

using namespace baryon;
using namespace baryon::sched;

TEST_CASE("tasks take turns with yield") {
  test::Machine machine;
  std::vector<int> order;
  for (int id = 0; id < 3; ++id)
    machine.spawn([&order, id] {
      for (int i = 0; i < 2; ++i) {
        order.push_back(id);
        yield();
      }
    });
  machine.run();
  CHECK(order == std::vector<int>{0, 1, 2, 0, 1, 2});
}

TEST_CASE("sleepers wake in the order of their deadlines") {
  test::Machine machine;
  std::vector<u64> order;
  const u64 start = monotonic_ns();
  for (u64 ms : {30, 10, 20})
    machine.spawn([&order, ms, start] {
      WaitQueue nothing;
      const Result<void> r = wait(nothing, [] { return false; }, start + ms * 1'000'000);
      if (!r.ok() && r.error().code() == Errno::timedout && monotonic_ns() >= start + ms * 1'000'000)
        order.push_back(ms);
    });
  machine.run();
  CHECK(order == std::vector<u64>{10, 20, 30});
}

TEST_CASE("a wait queue wakes one, some, all") {
  test::Machine machine;
  WaitQueue queue;
  int tokens = 0, done = 0;
  for (int i = 0; i < 5; ++i)
    machine.spawn([&] {
      if (!wait(queue, [&] { return tokens > 0; }).ok()) return;
      --tokens;
      ++done;
    });
  machine.run();
  REQUIRE(done == 0);
  u32 woken = 0;
  const auto give = [&](int count, auto&& wake_up) {
    machine.spawn([&, count, wake_up] {
      tokens += count;
      woken = wake_up();
    });
    machine.run();
  };
  give(1, [&] { return queue.wake_one(); });
  CHECK(done == 1);
  CHECK(woken == 1);
  give(2, [&] { return queue.wake_n(2); });
  CHECK(done == 3);
  // More wake-ups than tokens: the rest goes on waiting.
  give(1, [&] { return queue.wake_all(); });
  CHECK(woken == 2);
  CHECK(done == 4);
  give(1, [&] { return queue.wake_all(); });
  CHECK(done == 5);
  CHECK(queue.empty());
}

TEST_CASE("a completion hands over once") {
  test::Machine machine;
  Completion* shared = nullptr;
  bool finished = false, timed_out = false;
  machine.spawn([&] {
    Completion completion;
    shared = &completion;
    timed_out = completion.wait(monotonic_ns() + 1000).error().code() == Errno::timedout;
    finished = completion.wait().ok();
    shared = nullptr;
  });
  machine.run();
  CHECK(timed_out);
  CHECK(!finished);
  machine.spawn([&] { shared->signal(); });
  machine.run();
  CHECK(finished);
}

namespace {
struct Periodic {
  int fired = 0;
  int limit = 3;
  static u64 expired(Timer&, void* context) {
    auto& self = *static_cast<Periodic*>(context);
    return ++self.fired < self.limit ? monotonic_ns() + 1000 : kNever;
  }
};
}  // namespace

TEST_CASE("a timer repeats, stops, and is cancelled") {
  test::Machine machine;
  Periodic repeated, cancelled;
  Timer first(&Periodic::expired, &repeated), second(&Periodic::expired, &cancelled);
  machine.spawn([&] {
    first.arm(monotonic_ns() + 5000);
    second.arm(monotonic_ns() + 4000);
    second.cancel();
  });
  machine.run();
  CHECK(repeated.fired == 3);
  CHECK(!first.armed());
  CHECK(cancelled.fired == 0);
  CHECK(second.deadline() == kNever);
}

TEST_CASE("a waiter that was told before it announced itself is still woken") {
  test::Machine machine;
  WaitQueue queue;
  bool woken = false;
  machine.spawn([&] {
    TaskWaiter waiter;
    queue.add(waiter);
    waiter.prepare();
    cancel_block();    // the moment in prepare() between resetting `notified` and announcing
    queue.wake_one();  // told now, while it runs: no task to wake
    prepare_to_block();
    block();  // its condition was gone again
    woken = true;
    cancel_block();
    queue.remove(waiter);
  });
  machine.run();
  REQUIRE_FALSE(woken);
  machine.spawn([&] { queue.wake_all(); });
  machine.run();
  CHECK(woken);
}
