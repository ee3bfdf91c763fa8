#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "hypervisor/engine/kvm/probe_cache.hpp"

namespace baryon::host::kvm {

namespace {
constexpr ProbeMeasurement kMeasured{
    .cpl0_ns_per_instruction = 290.125, .cpl3_ns_per_instruction = 0.25, .syscall_reaches_cpl0 = false};
}

TEST_CASE("a cached measurement comes back for its own key only") {
  const std::string text = to_cache_text(kMeasured, "boot kernel cpu");
  const auto found = from_cache_text(text, "boot kernel cpu");
  REQUIRE(found);
  CHECK(found->cpl0_ns_per_instruction == Approx(290.125));
  CHECK(found->cpl3_ns_per_instruction == Approx(0.25));
  CHECK_FALSE(found->syscall_reaches_cpl0);
  CHECK_FALSE(from_cache_text(text, "other boot"));
}

TEST_CASE("a damaged cache is as good as none") {
  const std::string text = to_cache_text(kMeasured, "key");
  for (std::size_t length = 0; length < text.size(); ++length)
    CHECK_FALSE(from_cache_text(text.substr(0, length), "key"));
  CHECK_FALSE(from_cache_text(text + "more", "key"));
  for (const char* bad : {"nan", "-1", "0", "1e9", "290x", "", "inf"}) {
    INFO(bad);
    const std::string head = "baryon-probe 2\nkey key\ncpl0-ns ";
    CHECK_FALSE(from_cache_text(head + bad + "\ncpl3-ns 1\nsyscall-reaches-cpl0 0\n", "key"));
    CHECK_FALSE(from_cache_text(head + "1\ncpl3-ns " + bad + "\nsyscall-reaches-cpl0 0\n", "key"));
    CHECK(from_cache_text(head + "1\ncpl3-ns 1\nsyscall-reaches-cpl0 0\n", "key"));
  }
}

TEST_CASE("a stored measurement can be loaded, and a directory that cannot be written does no harm") {
  char directory[] = "/tmp/baryon-test-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  const ProbeCache cache(directory, "key");
  CHECK_FALSE(cache.load());
  cache.store(kMeasured);
  REQUIRE(cache.load());
  CHECK(cache.load()->cpl0_ns_per_instruction == Approx(290.125));
  ::unlink((std::string(directory) + "/probe").c_str());
  CHECK(::rmdir(directory) == 0);  // nothing else was left
  const ProbeCache nowhere("/proc/nowhere", "key");
  nowhere.store(kMeasured);
  CHECK_FALSE(nowhere.load());
}

}  // namespace baryon::host::kvm
