// The pairing heap against a sorted model.
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "kernel/sched/timer_heap.hpp"

using namespace baryon;
using sched::TimerHeap;
using sched::TimerNode;

TEST_CASE("timer heap: 100000 random insertions come out in order") {
  std::mt19937_64 random(1);
  std::vector<TimerNode> nodes(100'000);
  TimerHeap heap;
  for (auto& node : nodes) {
    node.deadline = random() % 50'000;
    heap.insert(node);
  }
  u64 last = 0, count = 0;
  while (!heap.empty()) {
    TimerNode* node = heap.front();
    REQUIRE(node->deadline >= last);
    last = node->deadline;
    heap.remove(*node);
    ++count;
  }
  CHECK(count == nodes.size());
}

TEST_CASE("timer heap: random insertion and removal against a multiset") {
  std::mt19937_64 random(2);
  std::vector<TimerNode> nodes(500);
  std::multiset<u64> model;
  TimerHeap heap;
  for (int step = 0; step < 200'000; ++step) {
    TimerNode& node = nodes[random() % nodes.size()];
    if (node.queued) {
      model.erase(model.find(node.deadline));
      heap.remove(node);
    } else {
      node.deadline = random() % 1000;
      model.insert(node.deadline);
      heap.insert(node);
    }
    REQUIRE(heap.empty() == model.empty());
    if (!model.empty()) REQUIRE(heap.front()->deadline == *model.begin());
  }
}
