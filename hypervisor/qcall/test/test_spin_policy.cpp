#include <catch2/catch.hpp>

#include "hypervisor/qcall/spin_policy.hpp"

using baryon::host::SpinPolicy;

TEST_CASE("what a boot asks does not make the server spin, more does") {
  SpinPolicy policy(SpinPolicy::Mode::adaptive);
  std::uint64_t now = 1'000'000'000;
  CHECK_FALSE(policy.keep_spinning(now));
  for (unsigned i = 1; i < SpinPolicy::kFirstHelps; ++i) CHECK_FALSE(policy.enough_helps(now += 10'000));
  CHECK(policy.enough_helps(now += 10'000));
}

TEST_CASE("a request prolongs the spin by the cost of a wake-up") {
  SpinPolicy policy(SpinPolicy::Mode::adaptive);
  policy.woke(0, false);
  const auto budget = SpinPolicy::kInitialWakeNs;
  CHECK(policy.keep_spinning(budget - 1));
  policy.served(budget - 1);
  CHECK(policy.keep_spinning(2 * budget - 2));
  CHECK_FALSE(policy.keep_spinning(2 * budget - 1));
}

TEST_CASE("spins that find nothing stop, evidence starts them again") {
  SpinPolicy policy(SpinPolicy::Mode::adaptive);
  std::uint64_t now = 0;
  for (unsigned i = 0; i < SpinPolicy::kPatience; ++i) {
    policy.woke(now, false);
    CHECK(policy.keep_spinning(now));
    policy.slept();
    now += 1'000'000;
  }
  policy.woke(now, false);
  CHECK_FALSE(policy.keep_spinning(now));
  policy.slept();
  policy.woke(now, true);
  CHECK(policy.keep_spinning(now));
  policy.served(now + 10);
  policy.slept();
  policy.woke(now, false);
  CHECK(policy.keep_spinning(now));
}

TEST_CASE("inline services in quick succession ask for a spinner, a trickle does not") {
  SpinPolicy quick(SpinPolicy::Mode::adaptive);
  quick.served(0);
  quick.woke(0, true);
  quick.served(0);
  quick.slept();  // it found something
  std::uint64_t now = 1'000'000'000;
  int asked = 0;
  for (unsigned i = 0; i < 2 * SpinPolicy::kMinHelps; ++i) asked += quick.enough_helps(now += 10'000);
  CHECK(asked == 2);
  SpinPolicy slow(SpinPolicy::Mode::adaptive);
  asked = 0;
  for (int i = 0; i < 1000; ++i) asked += slow.enough_helps(now += SpinPolicy::kHelpWindowNs + 1);
  CHECK(asked == 0);
}

TEST_CASE("a single core never spins") {
  SpinPolicy policy(SpinPolicy::Mode::never);
  policy.woke(0, true);
  policy.served(0);
  CHECK_FALSE(policy.keep_spinning(0));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(policy.enough_helps(1));
}

TEST_CASE("the budget follows the measured wake-up within bounds") {
  SpinPolicy policy(SpinPolicy::Mode::adaptive);
  for (int i = 0; i < 100; ++i) policy.measured_wake(0);
  policy.woke(0, true);
  CHECK(policy.keep_spinning(SpinPolicy::kMinBudgetNs - 1));
  CHECK_FALSE(policy.keep_spinning(SpinPolicy::kMinBudgetNs));
  for (int i = 0; i < 100; ++i) policy.measured_wake(1'000'000'000);
  policy.woke(0, true);
  CHECK_FALSE(policy.keep_spinning(SpinPolicy::kMaxBudgetNs));
}
