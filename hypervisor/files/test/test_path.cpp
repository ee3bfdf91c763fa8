#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "hypervisor/files/path.hpp"

using baryon::host::GuestPath;

namespace {

struct Split {
  std::string parent;
  std::string name;
  bool valid;
};

Split split(const std::string& text) {
  GuestPath path;
  REQUIRE(path.assign(text.data(), text.size()) == 0);
  const char* name = path.split_last();
  return {path.c_str(), name == nullptr ? "" : name, name != nullptr};
}

}  // namespace

TEST_CASE("a path is copied and its shape checked") {
  GuestPath path;
  CHECK(path.assign("a/b", 3) == 0);
  CHECK(std::string(path.c_str()) == "a/b");
  CHECK(path.assign(nullptr, 0) == 0);
  CHECK(path.empty());
  CHECK(path.assign("a\0b", 3) == -EINVAL);
  const std::string longest(baryon::abi::kMaxPath, 'x');
  CHECK(path.assign(longest.data(), longest.size()) == 0);
  CHECK(path.length() == longest.size());
  const std::string too_long(baryon::abi::kMaxPath + 1, 'x');
  CHECK(path.assign(too_long.data(), too_long.size()) == -ENAMETOOLONG);
}

TEST_CASE("a path splits into parent and name") {
  CHECK(split("name").parent.empty());
  CHECK(split("name").name == "name");
  CHECK(split("/name").parent == "/");
  CHECK(split("/name").name == "name");
  CHECK(split("a/b/c").parent == "a/b");
  CHECK(split("a/b/c").name == "c");
  CHECK(split("../x").parent == "..");
  CHECK(split("...").name == "...");
  for (const char* bad : {"", ".", "..", "/", "a/", "a/.", "a/..", "//"}) {
    CAPTURE(bad);
    CHECK_FALSE(split(bad).valid);
  }
  const std::string longest = "/" + std::string(baryon::abi::kMaxPath - 1, 'n');
  CHECK(split(longest).parent == "/");
  CHECK(split(longest).name == longest.substr(1));
  const std::string name(baryon::abi::kMaxPath, 'n');
  CHECK(split(name).name == name);
}

TEST_CASE("only plain names count as names") {
  GuestPath path;
  for (const char* good : {"a", "...", ".a", "a."}) {
    CHECK(path.assign(good, std::string(good).size()) == 0);
    CHECK(path.is_name());
  }
  for (const char* bad : {"", ".", "..", "a/b", "/a"}) {
    CHECK(path.assign(bad, std::string(bad).size()) == 0);
    CHECK_FALSE(path.is_name());
  }
}
