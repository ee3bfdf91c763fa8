#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "kernel/fs/epoll.hpp"
#include "kernel/fs/event_file.hpp"
#include "kernel/fs/pipe.hpp"
#include "kernel/fs/test/fixture.hpp"

using namespace baryon;
using namespace baryon::fs;
using fs::test::error_of;

namespace {

Ref<EventFile> event(u64 initial = 0) { return make_ref<EventFile>(initial, false, kNonBlock).take(); }
void signal(File& file) {
  const u64 one = 1;
  IoBuffer buffer = IoBuffer::kernel(&one, sizeof one);
  REQUIRE(file.write(buffer).ok());
}
u64 drain(File& file) {
  u64 value = 0;
  IoBuffer buffer = IoBuffer::kernel(&value, sizeof value);
  return file.read(buffer).ok() ? value : 0;
}
std::vector<u64> ready(Epoll& epoll, u32 most = 8) {
  EpollEvent events[8];
  const u32 count = epoll.collect({events, most});
  std::vector<u64> data;
  for (u32 i = 0; i < count; ++i) data.push_back(events[i].data);
  return data;
}
using Data = std::vector<u64>;

}  // namespace

TEST_CASE("level-triggered members report while their state holds", "[fs][epoll]") {
  fs::test::Tree tree;
  Ref<Epoll> epoll = make_ref<Epoll>().take();
  auto a = event(), b = event(1);
  REQUIRE(epoll->add(*a, 3, {kPollIn, 30}).ok());
  REQUIRE(epoll->add(*b, 4, {kPollIn, 40}).ok());
  REQUIRE(error_of(epoll->add(*a, 3, {kPollIn, 31})) == 17);
  REQUIRE(epoll->add(*a, 5, {kPollIn, 50}).ok());  // the same file by another descriptor
  REQUIRE(ready(*epoll) == Data{40});
  REQUIRE(ready(*epoll) == Data{40});
  REQUIRE(drain(*b) == 1);
  REQUIRE(ready(*epoll).empty());
  signal(*a);
  signal(*b);
  REQUIRE(ready(*epoll).size() == 3);
  // Round robin: with room for one, everybody's turn comes.
  Data seen;
  for (int i = 0; i < 3; ++i)
    for (u64 data : ready(*epoll, 1)) seen.push_back(data);
  std::sort(seen.begin(), seen.end());
  REQUIRE(seen == Data{30, 40, 50});
  REQUIRE(epoll->remove(*a, 5).ok());
  REQUIRE(error_of(epoll->remove(*a, 5)) == 2);
  REQUIRE(ready(*epoll).size() == 2);
}

TEST_CASE("edge-triggered and one-shot members report changes", "[fs][epoll]") {
  fs::test::Tree tree;
  Ref<Epoll> epoll = make_ref<Epoll>().take();
  auto a = event(), b = event();
  REQUIRE(epoll->add(*a, 3, {kPollIn | kEpollEdge, 1}).ok());
  REQUIRE(epoll->add(*b, 4, {kPollIn | kEpollOneShot, 2}).ok());
  signal(*a);
  signal(*b);
  REQUIRE(ready(*epoll).size() == 2);
  REQUIRE(ready(*epoll).empty());
  signal(*a);
  signal(*b);
  REQUIRE(ready(*epoll) == Data{1});
  REQUIRE(epoll->modify(*b, 4, {kPollIn | kEpollOneShot, 5}).ok());
  REQUIRE(ready(*epoll) == Data{5});
  REQUIRE(ready(*epoll).empty());
}

TEST_CASE("members disappear with their files, instances with theirs", "[fs][epoll]") {
  fs::test::Tree tree;
  Ref<Epoll> epoll = make_ref<Epoll>().take();
  {
    auto a = event(1);
    REQUIRE(epoll->add(*a, 3, {kPollIn, 1}).ok());
    REQUIRE(ready(*epoll) == Data{1});
  }
  REQUIRE(ready(*epoll).empty());
  auto b = event();
  REQUIRE(epoll->add(*b, 3, {kPollIn, 2}).ok());
  epoll = {};
  signal(*b);
  REQUIRE(b->epoll_items.load() == nullptr);
}

TEST_CASE("instances nest, and cycles are refused", "[fs][epoll]") {
  fs::test::Tree tree;
  Ref<Epoll> inner = make_ref<Epoll>().take(), outer = make_ref<Epoll>().take();
  auto a = event();
  REQUIRE(inner->add(*a, 3, {kPollIn, 1}).ok());
  REQUIRE(outer->add(*inner, 4, {kPollIn, 2}).ok());
  REQUIRE(error_of(inner->add(*outer, 5, {kPollIn, 3})) == 40);
  REQUIRE(error_of(inner->add(*inner, 6, {kPollIn, 3})) == 22);
  REQUIRE(ready(*outer).empty());
  signal(*a);
  REQUIRE(ready(*outer) == Data{2});
  drain(*a);
  REQUIRE(ready(*outer).empty());
  REQUIRE(outer->poll(kPollIn) == 0);
}

TEST_CASE("waiting threads are woken, and a removal while they wait is safe", "[fs][epoll]") {
  fs::test::Tree tree;
  Ref<Epoll> epoll = make_ref<Epoll>().take();
  auto a = event(), b = event();
  REQUIRE(epoll->add(*a, 3, {kPollIn, 1}).ok());
  REQUIRE(epoll->add(*b, 4, {kPollIn, 2}).ok());
  Data got;
  tree.machine.spawn([&] {
    while (got.empty()) {
      if (!epoll->wait(sched::kNever).ok()) return;
      got = ready(*epoll);
    }
  });
  tree.machine.spawn([&] {
    (void)epoll->remove(*a, 3);
    signal(*a);
    signal(*b);
  });
  tree.machine.run();
  REQUIRE(got == Data{2});
}
