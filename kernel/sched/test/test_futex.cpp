// Futex semantics on one vCPU.
#include <catch2/catch.hpp>
#include <vector>

#include "kernel/sched/futex.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/sched/test/fixture.hpp"

using namespace baryon;
using namespace baryon::sched;

namespace {

u64 address(u32& word) { return reinterpret_cast<u64>(&word); }

struct Waits {
  test::Machine machine;
  Ref<Process> process = machine.make_process();
  u32 a = 0, b = 0;
  int woken = 0;
  WaitQueue forever;

  // A process ends with its last thread: one stays.
  Waits() {
    machine.spawn_user(*process, [this] { (void)wait(forever, [] { return false; }); });
  }
  ~Waits() {
    machine.spawn([this] { process->begin_exit(0); });
    machine.run();
  }

  void waiter(u32& word, u32 bits = kFutexMatchAny) {
    machine.spawn_user(*process, [this, &word, bits] {
      if (futex_wait(address(word), true, 0, bits, kNever).ok()) ++woken;
    });
  }
  u64 in_thread(std::function<u64()> f) {
    u64 result = 0;
    machine.spawn_user(*process, [&] { result = f(); });
    machine.run();
    return result;
  }
};

}  // namespace

TEST_CASE("futex: wake counts and bit sets") {
  Waits w;
  w.waiter(w.a, 1);
  w.waiter(w.a, 2);
  w.waiter(w.a, 2);
  w.machine.run();
  CHECK(w.in_thread([&] { return futex_wake(address(w.a), true, 10, 4).value_or(99); }) == 0);
  CHECK(w.in_thread([&] { return futex_wake(address(w.a), true, 1, 2).value_or(99); }) == 1);
  CHECK(w.woken == 1);
  CHECK(w.in_thread([&] { return futex_wake(address(w.a), true, 10, kFutexMatchAny).value_or(99); }) == 2);
  CHECK(w.woken == 3);
}

TEST_CASE("futex: errors and time-outs") {
  Waits w;
  std::vector<Errno> seen;
  const auto code = [&](Result<void> r) { seen.push_back(r.ok() ? Errno{} : r.error().code()); };
  w.in_thread([&] {
    code(futex_wait(address(w.a), true, 1, kFutexMatchAny, kNever));
    code(futex_wait(address(w.a) + 1, true, 0, kFutexMatchAny, kNever));
    code(futex_wait(address(w.a), true, 0, 0, kNever));
    code(futex_wait(8, true, 0, kFutexMatchAny, kNever));
    code(futex_wait(address(w.a), true, 0, kFutexMatchAny, monotonic_ns() + 1'000'000));
    return 0;
  });
  CHECK(seen == std::vector<Errno>{Errno::again, Errno::inval, Errno::inval, Errno::fault, Errno::timedout});
}

TEST_CASE("futex: requeue moves waiters, and a moved one times out from its new place") {
  Waits w;
  for (int i = 0; i < 4; ++i) w.waiter(w.a);
  w.machine.run();
  const u32 wrong = 7, right = 0;
  u64 moved = 0;
  CHECK(w.in_thread([&] {
    return static_cast<u64>(futex_requeue(address(w.a), address(w.b), true, 1, 9, &wrong, moved).error().code());
  }) == static_cast<u64>(Errno::again));
  CHECK(w.in_thread(
            [&] { return futex_requeue(address(w.a), address(w.b), true, 1, 2, &right, moved).value_or(99); }) == 1);
  CHECK(moved == 2);
  CHECK(w.woken == 1);
  CHECK(w.in_thread([&] { return futex_wake(address(w.b), true, 9, kFutexMatchAny).value_or(99); }) == 2);
  CHECK(w.in_thread([&] { return futex_wake(address(w.a), true, 9, kFutexMatchAny).value_or(99); }) == 1);
  CHECK(w.woken == 4);

  bool timed_out = false;
  w.machine.spawn_user(*w.process, [&] {
    timed_out =
        futex_wait(address(w.a), true, 0, kFutexMatchAny, monotonic_ns() + 1'000'000).error().code() == Errno::timedout;
  });
  w.machine.spawn_user(*w.process,
                       [&] { (void)futex_requeue(address(w.a), address(w.b), true, 0, 1, nullptr, moved); });
  w.machine.run();
  CHECK(timed_out);
  CHECK(w.in_thread([&] { return futex_wake(address(w.b), true, 9, kFutexMatchAny).value_or(99); }) == 0);
}

TEST_CASE("futex: wake-op changes the second word and compares its old value") {
  Waits w;
  w.waiter(w.a);
  w.waiter(w.b);
  w.machine.run();
  // FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)
  const u32 operation = 1u << 28 | 0u << 24 | 5u << 12 | 0u;
  CHECK(w.in_thread([&] { return futex_wake_op(address(w.a), address(w.b), true, 1, 1, operation).value_or(99); }) ==
        2);
  CHECK(w.b == 5);
  CHECK(w.woken == 2);
  CHECK(w.in_thread([&] {
    return static_cast<u64>(futex_wake_op(address(w.a), address(w.b), true, 1, 1, 7u << 28).error().code());
  }) == static_cast<u64>(Errno::nosys));
}

TEST_CASE("futex: the robust list marks what the thread held, and a looping list ends") {
  Waits w;
  struct Entry {
    u64 next;
    u32 word;
    u32 pad;
  };
  struct Head {
    u64 next;
    i64 offset;
    u64 pending;
  } head{};
  Entry first{}, second{};
  head.offset = 8;
  head.next = reinterpret_cast<u64>(&first);
  first.next = reinterpret_cast<u64>(&second);
  second.next = reinterpret_cast<u64>(&first);  // never comes back to the head
  w.in_thread([&] {
    first.word = current().tid() | 0x80000000u;
    second.word = 1 + current().tid();
    current().robust_list = reinterpret_cast<u64>(&head);
    return 0;
  });
  CHECK(first.word == 0xc0000000u);  // waiters kept, owner died
  CHECK((second.word & 0x40000000u) == 0);
}
