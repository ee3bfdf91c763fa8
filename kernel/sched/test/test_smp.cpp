// Several vCPUs, each a thread with the real clock: no wake-up is lost and nothing runs twice. Each case runs in
// a child process, as a scheduler is started once and its vCPUs never end.
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "kernel/arch/hosted/machine.hpp"
#include "kernel/mm/test/fake_ram.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/wait_queue.hpp"

using namespace baryon;
using namespace baryon::sched;

namespace {

constexpr u32 kCpus = 3;

bool start_cpu(u32 cpu) {
  std::thread([cpu] {
    arch::hosted::become_cpu(cpu);
    run_secondary();
  }).detach();
  return true;
}

void spawn(void (*body)(void*)) { Task::create_kernel(body, nullptr, "smp").take()->start(); }

// Boots a scheduler in a child process and runs `body` as its first task; body ends with _exit. An alarm ends a
// hang: then the status is a signal.
int in_child(void (*body)(void*), bool spin) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    static mm::FakeRam ram(64 << 20);
    arch::hosted::set_fake_clock(false);
    arch::hosted::become_cpu(0);
    init({kCpus, spin, arch::hosted::clock_page()});
    set_hooks({.start_cpu = &start_cpu});
    spawn(body);
    run();
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

WaitQueue queue;
std::atomic<int> tokens{0};
std::atomic<int> taken{0};
std::atomic<int> inside{0};
std::atomic<bool> twice{false};
constexpr int kTokens = 20'000;
constexpr int kConsumers = 6;

void consumer(void*) {
  for (;;) {
    (void)wait(queue, [] {
      int have = tokens.load();
      while (have > 0)
        if (tokens.compare_exchange_weak(have, have - 1)) return true;
      return false;
    });
    if (++taken == kTokens) _exit(twice ? 2 : 0);
  }
}

void producer(void*) {
  for (int i = 0; i < kConsumers; ++i) spawn(&consumer);
  for (int i = 0; i < kTokens; ++i) {
    ++tokens;
    queue.wake_one();
    if (i % 7 == 0) yield();
  }
  WaitQueue nothing;
  (void)wait(nothing, [] { return false; });
}

// Two tasks hand a baton to and fro with one wake each.
WaitQueue batons[2];
std::atomic<int> turn{0};
constexpr int kRounds = 20'000;

template <int Me>
void player(void*) {
  for (int round = 0; round < kRounds; ++round) {
    (void)wait(batons[Me], [] { return turn.load() == Me; });
    if (++inside != 1) twice = true;
    --inside;
    turn.store(1 - Me);
    batons[1 - Me].wake_one();
  }
  if (Me == 1) _exit(twice ? 2 : 0);
  WaitQueue nothing;
  (void)wait(nothing, [] { return false; });
}

void start_players(void*) {
  spawn(&player<0>);
  spawn(&player<1>);
}

}  // namespace

TEST_CASE("smp: every token of a producer reaches a consumer") {
  CHECK(in_child(&producer, false) == 0);
  CHECK(in_child(&producer, true) == 0);
}

TEST_CASE("smp: a baton passes between two tasks and never lies still") {
  CHECK(in_child(&start_players, false) == 0);
  CHECK(in_child(&start_players, true) == 0);
}
