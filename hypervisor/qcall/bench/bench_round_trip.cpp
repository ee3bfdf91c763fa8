// QCall round trip while both sides are awake: one thread plays the guest and spins for the completion, the server
// spins, too. Prints one JSON object: nanoseconds per round trip, by operation.
#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "host/cpu_relax.hpp"
#include "hypervisor/qcall/test/fake_guest.hpp"
#include "hypervisor/qcall/test/scratch.hpp"

namespace {

using baryon::abi::QCallOp;
using baryon::host::test::FakeGuest;

constexpr int kWarmUp = 2000;
constexpr int kRounds = 50000;

std::int64_t now_ns() {
  struct timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

void measure(FakeGuest& guest, const char* name, const FakeGuest::Call& call, bool last) {
  std::vector<std::int64_t> samples;
  samples.reserve(kRounds);
  std::int64_t result = 0;
  for (int i = 0; i < kWarmUp + kRounds; ++i) {
    const std::int64_t start = now_ns();
    const std::uint16_t slot = guest.submit(call);
    while (!guest.poll_completion(slot, result)) baryon::host::cpu_relax();
    if (i >= kWarmUp) samples.push_back(now_ns() - start);
  }
  std::ranges::sort(samples);
  auto at = [&](double share) { return static_cast<long>(samples[static_cast<std::size_t>(kRounds * share)]); };
  printf("  \"%s\": {\"result\": %ld, \"min\": %ld, \"median\": %ld, \"p90\": %ld, \"p99\": %ld}%s\n", name,
         static_cast<long>(result), static_cast<long>(samples.front()), at(0.5), at(0.9), at(0.99), last ? "" : ",");
}

}  // namespace

int main() {
  baryon::host::test::Scratch scratch;
  scratch.file("file", std::string(65536, 'x'));
  FakeGuest guest({.mounts = {{scratch.path(), false}}});
  const std::int64_t file = guest.open(baryon::host::kFirstMountHandle, "file", O_RDWR);
  const auto buffer = guest.allocate(65536);
  const auto path = guest.put("file");
  printf("{\n");
  measure(guest, "nop", FakeGuest::make(QCallOp::nop), false);
  measure(guest, "stat_handle",
          FakeGuest::make(QCallOp::stat).handle(file).segment(path, 0).segment(buffer, sizeof(baryon::abi::FileStat)),
          false);
  measure(guest, "stat_name",
          FakeGuest::make(QCallOp::stat)
              .handle(baryon::host::kFirstMountHandle)
              .segment(path, 4)
              .segment(buffer, sizeof(baryon::abi::FileStat))
              .arg(0, AT_SYMLINK_NOFOLLOW),
          false);
  measure(guest, "pread_64", FakeGuest::make(QCallOp::read).handle(file).segment(buffer, 64).arg(0, 0), false);
  measure(guest, "pread_4096", FakeGuest::make(QCallOp::read).handle(file).segment(buffer, 4096).arg(0, 0), false);
  measure(guest, "pwrite_64", FakeGuest::make(QCallOp::write).handle(file).segment(buffer, 64).arg(0, 0), true);
  printf("}\n");
  return 0;
}
