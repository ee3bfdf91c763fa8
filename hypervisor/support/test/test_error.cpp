#include <catch2/catch.hpp>
#include <cerrno>
#include <memory>

#include "hypervisor/support/error.hpp"

using namespace baryon::host;

namespace {

Expected<std::unique_ptr<int>> boxed(bool good) {
  if (!good) return fail("no box", "get one", ExitCode::not_found);
  return std::make_unique<int>(4);
}

Expected<int> doubled(bool good, bool* after = nullptr) {
  const auto box = BARYON_TRY(boxed(good));
  if (after != nullptr) *after = true;
  return *box * 2;
}

Expected<void> nothing(bool good) {
  if (!good) return fail("nothing failed");
  return {};
}

Expected<int> after_nothing(bool good) {
  BARYON_TRY(nothing(good));
  return 1;
}

}  // namespace

TEST_CASE("BARYON_TRY unwraps a move-only value") { CHECK(doubled(true).value() == 8); }

TEST_CASE("BARYON_TRY returns the whole error and runs nothing after it") {
  bool after = false;
  const auto result = doubled(false, &after);
  REQUIRE_FALSE(result);
  CHECK(result.error() == Error{ExitCode::not_found, "no box", "get one"});
  CHECK_FALSE(after);
}

TEST_CASE("BARYON_TRY works on Expected<void>") {
  CHECK(after_nothing(true).value() == 1);
  REQUIRE_FALSE(after_nothing(false));
  CHECK(after_nothing(false).error().what == "nothing failed");
}

TEST_CASE("an error's message has the form that scripts rely on") {
  CHECK(to_message({ExitCode::own_failure, "cannot open 'x'", "create it"}) ==
        "baryon: error: cannot open 'x' (create it)\n");
  CHECK(to_message({ExitCode::own_failure, "cannot open 'x'", ""}) == "baryon: error: cannot open 'x'\n");
}

TEST_CASE("fail_errno names the error number's meaning") {
  const Expected<int> result = fail_errno("cannot open 'x'", ENOENT, "create it", ExitCode::not_executable);
  CHECK(result.error().what == "cannot open 'x': No such file or directory");
  CHECK(result.error().hint == "create it");
  CHECK(result.error().code == ExitCode::not_executable);
}

TEST_CASE("hostile text cannot drive the terminal") {
  CHECK(escape_for_terminal("a\x1b[31mb\nc\x7f") == "a\\x1b[31mb\\x0ac\\x7f");
  CHECK(escape_for_terminal("\xc2\x9b"
                            "0m") ==
        "\\xc2\\x9b"
        "0m");  // CSI as a C1 control, encoded
  CHECK(escape_for_terminal("grün …") == "grün …");
  CHECK(escape_for_terminal("\xff\xc0") == "\\xff\\xc0");
  CHECK(escape_for_terminal("") == "");
}
