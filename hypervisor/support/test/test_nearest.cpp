#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "hypervisor/support/nearest.hpp"

using namespace baryon::host;

TEST_CASE("edit distance counts insertions, deletions, substitutions and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("memory", "memory") == 0);
  CHECK(edit_distance("memroy", "memory") == 1);
  CHECK(edit_distance("memor", "memory") == 1);
  CHECK(edit_distance("memoryy", "memory") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance(std::string(1000, 'a'), std::string(1000, 'b')) == 64);
}

TEST_CASE("the nearest candidate is suggested, and only when it is near") {
  constexpr std::array<std::string_view, 4> kWords{"boot", "doctor", "completion", "version"};
  CHECK(nearest("boto", kWords) == "boot");
  CHECK(nearest("dcotor", kWords) == "doctor");
  CHECK(nearest("comp", kWords) == "completion");  // by its beginning
  CHECK(nearest("xyz", kWords).empty());
  CHECK(nearest("", kWords).empty());
  CHECK(nearest(std::string(500, 'v'), kWords).empty());
  CHECK(did_you_mean("boto", kWords, "baryon ", "no") == "did you mean 'baryon boot'?");
  CHECK(did_you_mean("xyz", kWords, "baryon ", "no") == "no");
}

TEST_CASE("a beginning shared by two candidates suggests neither") {
  constexpr std::array<std::string_view, 2> kWords{"strace-one-file", "strace-two-file"};
  CHECK(nearest("strace-", kWords).empty());
}
