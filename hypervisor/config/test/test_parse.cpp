#include <catch2/catch.hpp>
#include <string>

#include "hypervisor/config/parse.hpp"

using namespace baryon::host;
using Catch::Matchers::Contains;

TEST_CASE("sizes have a suffix of powers of 1024") {
  CHECK(parse_size("0") == 0u);
  CHECK(parse_size("4096") == 4096u);
  CHECK(parse_size("1K") == kKiB);
  CHECK(parse_size("512M") == 512 * kMiB);
  CHECK(parse_size("3g") == 3 * kGiB);
  CHECK(parse_size("18446744073709551615") == UINT64_MAX);
}

TEST_CASE("what is not a size is refused") {
  const std::string text =
      GENERATE("", "K", "-1", "+1", " 1", "1 ", "1.5G", "1KB", "1T", "0x10", "1MM", "M1", "1,5", "٣");
  CAPTURE(text);
  const auto parsed = parse_size(text);
  REQUIRE_FALSE(parsed);
  CHECK_THAT(parsed.error().what, Contains("is not a size"));
}

TEST_CASE("sizes beyond 64 bits are refused, not wrapped") {
  const std::string text =
      GENERATE("18446744073709551616", "17179869184G", "18014398509481984K", "99999999999999999999999M");
  CAPTURE(text);
  const auto parsed = parse_size(text);
  REQUIRE_FALSE(parsed);
  CHECK_THAT(parsed.error().what, Contains("too large"));
}

TEST_CASE("a size may contain a NUL byte as little as any other") {
  CHECK_FALSE(parse_size(std::string_view("1\0M", 3)));
}

TEST_CASE("memory has limits and whole pages") {
  CHECK(parse_memory("4M") == 4 * kMiB);
  CHECK(parse_memory("1024G") == 1024 * kGiB);
  CHECK(parse_memory("4100K") == 4100 * kKiB);
  CHECK_THAT(parse_memory("4095K").error().what, Contains("too little"));
  CHECK_THAT(parse_memory("0").error().what, Contains("too little"));
  CHECK_THAT(parse_memory("1025G").error().what, Contains("too much"));
  CHECK_THAT(parse_memory("4194305").error().what, Contains("multiple of 4K"));
}

TEST_CASE("integers are plain digits within their range") {
  CHECK(parse_integer("1", 1, 64) == 1u);
  CHECK(parse_integer("64", 1, 64) == 64u);
  CHECK(parse_integer("007", 1, 64) == 7u);
  const std::string text = GENERATE("", "0", "65", "-1", "+1", "1x", " 1", "99999999999999999999999");
  CAPTURE(text);
  REQUIRE_FALSE(parse_integer(text, 1, 64));
  CHECK_THAT(parse_integer(text, 1, 64).error().hint, Contains("from 1 to 64"));
}

TEST_CASE("switches are on or off and nothing else") {
  CHECK(parse_switch("on") == true);
  CHECK(parse_switch("off") == false);
  const std::string text = GENERATE("", "ON", "true", "1", "yes", "onn");
  CHECK_FALSE(parse_switch(text));
}

TEST_CASE("binds are read-only unless they say otherwise") {
  CHECK(parse_bind("/a:/b") == Bind{"/a", "/b", true});
  CHECK(parse_bind("/a:/b:ro") == Bind{"/a", "/b", true});
  CHECK(parse_bind("/a:/b:rw") == Bind{"/a", "/b", false});
  CHECK(parse_bind("relative/a:/b") == Bind{"relative/a", "/b", true});
  CHECK(parse_bind(".:/b//c/./d/") == Bind{".", "/b/c/d", true});
}

TEST_CASE("malformed binds are refused") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"", "has no guest path"},
      {"/a", "has no guest path"},
      {":", "host path is empty"},
      {":/b", "host path is empty"},
      {"/a:", "guest path is empty"},
      {"/a::rw", "guest path is empty"},
      {"/a:b", "not an absolute guest path"},
      {"/a:./b", "not an absolute guest path"},
      {"/a:/b/../c", "contains '..'"},
      {"/a:/..", "contains '..'"},
      {"/a:/", "cannot be mounted over"},
      {"/a://.", "cannot be mounted over"},
      {"/a:/b:", "not an access mode"},
      {"/a:/b:RW", "not an access mode"},
      {"/a:/b:ro,rw", "not an access mode"},
      {"a:b:c:d", "too many colons"},
      {"/a:/b:ro:", "too many colons"},
  }));
  CAPTURE(text);
  const auto parsed = parse_bind(text);
  REQUIRE_FALSE(parsed);
  CHECK_THAT(parsed.error().what, Contains(why));
}

TEST_CASE("a NUL byte is refused wherever a string reaches the system") {
  CHECK_FALSE(parse_bind(std::string_view("/a\0x:/b", 7)));
  CHECK_FALSE(parse_bind(std::string_view("/a:/b\0x", 7)));
  CHECK_FALSE(parse_environment(std::string_view("A=\0", 3)));
  CHECK_FALSE(parse_host_path(std::string_view("\0", 1)));
}

TEST_CASE("the root directory has an optional mode") {
  CHECK(parse_root("/") == RootOptions{"/", true});
  CHECK(parse_root("rootfs:rw") == RootOptions{"rootfs", false});
  CHECK(parse_root("/x:ro") == RootOptions{"/x", true});
  CHECK(parse_root("/x:overlay") == RootOptions{"/x", true, true});
  CHECK_FALSE(parse_root(""));
  CHECK_FALSE(parse_root(":rw"));
  CHECK_FALSE(parse_root("/x:"));
  CHECK_FALSE(parse_root("/x:/y"));
  CHECK_FALSE(parse_root("/x:ro:rw"));
}

TEST_CASE("a guest path that only looks like '..' is kept") {
  CHECK(parse_guest_path("/a/..b/...") == "/a/..b/...");
  CHECK(parse_guest_path("/") == "/");
}

TEST_CASE("environment entries keep their value byte for byte") {
  CHECK(parse_environment("A=") == "A=");
  CHECK(parse_environment("A=b=c ' \"[x]") == "A=b=c ' \"[x]");
  CHECK_FALSE(parse_environment("A"));
  CHECK_FALSE(parse_environment("=b"));
  CHECK_FALSE(parse_environment(""));
}

TEST_CASE("a long value is cut in messages") { CHECK(quoted(std::string(1000, 'x')).size() < 100); }
