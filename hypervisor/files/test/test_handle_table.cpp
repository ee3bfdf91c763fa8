#include <fcntl.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "hypervisor/files/handle_table.hpp"

using namespace baryon::host;

namespace {

Handle null_device() {
  Handle handle;
  handle.kind = HandleKind::file;
  handle.owned = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  handle.descriptor = handle.owned.get();
  return handle;
}

}  // namespace

TEST_CASE("handles are recycled, lowest first, and told apart by generation") {
  HandleTable table(8);
  CHECK(table.add(null_device()) == 0);
  CHECK(table.add(null_device()) == 1);
  CHECK(table.add(null_device()) == 2);
  const auto generation = table.find(1)->generation;
  const int descriptor = table.find(1)->descriptor;
  CHECK(table.close(1) == 0);
  CHECK(::fcntl(descriptor, F_GETFD) == -1);
  CHECK(table.find(1) == nullptr);
  CHECK(table.close(1) == -EBADF);
  CHECK(table.close(0) == 0);
  CHECK(table.add(null_device()) == 0);
  CHECK(table.add(null_device()) == 1);
  CHECK(table.find(1)->generation != generation);
  CHECK(table.in_use() == 3);
}

TEST_CASE("the table is bounded") {
  HandleTable table(3);
  for (int i = 0; i < 3; ++i) CHECK(table.add(null_device()) == i);
  CHECK(table.add(null_device()) == -ENFILE);
  CHECK(table.close(2) == 0);
  CHECK(table.add(null_device()) == 2);
  CHECK(table.find(3) == nullptr);
  CHECK(table.find(~0u) == nullptr);
}

TEST_CASE("closed standard streams keep their numbers") {
  HandleTable table(8);
  table.add_closed();
  CHECK(table.add(null_device()) == 1);
  CHECK(table.find(0) == nullptr);
  CHECK(table.close(0) == -EBADF);
}

TEST_CASE("permanent handles stay") {
  HandleTable table(8);
  Handle handle = null_device();
  handle.permanent = true;
  CHECK(table.add(std::move(handle)) == 0);
  CHECK(table.close(0) == -EPERM);
  CHECK(table.find(0) != nullptr);
}
