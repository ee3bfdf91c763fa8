#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "hypervisor/sandbox/exec_server.hpp"
#include "kernel/abi/program.hpp"

using namespace baryon;
using namespace baryon::host;

TEST_CASE("a guest's report about an exec that does not exist is refused, with a text or without one") {
  ExecServer server{UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0))};
  const auto ended = static_cast<std::uint64_t>(abi::ExecEvent::ended);
  CHECK(server.report(1, ended, 0, {}) == -ENOENT);
  CHECK(server.report(1, ended, 0, "text") == -ENOENT);
  CHECK(server.report(1, ended + 1, 0, {}) == -EINVAL);
  CHECK(server.fetch(1, {}) == -ENOENT);
}
