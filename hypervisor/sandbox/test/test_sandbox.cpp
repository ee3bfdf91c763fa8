// Whole sandboxes around the stub kernel: boot environment, QCall, halt, shutdown, and the ways in which a guest kernel
// can go wrong. The stub kernel expects that doorbells come out of a vCPU as exits: harness/lib/features.py.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "hypervisor/sandbox/sandbox.hpp"
#include "hypervisor/sandbox/test/stub_kernel.hpp"
#include "hypervisor/support/write_all.hpp"

namespace baryon::host {

namespace {

Expected<int> boot_stub(test::StubMode mode, BootOptions options = {}) {
  const std::vector<std::byte> image = test::stub_kernel(mode);
  const int file = ::memfd_create("stub-kernel", MFD_CLOEXEC);
  REQUIRE(write_all(file, {reinterpret_cast<const char*>(image.data()), image.size()}));
  ::setenv("BARYON_KERNEL", ("/proc/self/fd/" + std::to_string(file)).c_str(), 1);
  options.jail = Jail::off;  // it would close around the test
  options.privilege = Privilege::linked;
  options.engine = Engine::kvm;
  options.program = "/stub";
  options.cwd = "/";
  auto result = run_sandbox(options);
  ::unsetenv("BARYON_KERNEL");
  ::close(file);
  return result;
}

void require_failure(const Expected<int>& result, const char* part) {
  REQUIRE_FALSE(result.has_value());
  INFO(result.error().what);
  CHECK(result.error().code == ExitCode::own_failure);
  CHECK(result.error().what.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("a stub kernel finds its boot environment, makes a QCall, halts and shuts down", "[needs:doorbell-exits]") {
  const auto result = boot_stub(test::StubMode::regular);
  if (!result) FAIL(result.error().what);
  CHECK(*result == 42);
}

TEST_CASE("a sandbox can be run again in the same process", "[needs:doorbell-exits]") {
  for (int round = 0; round < 5; ++round) CHECK(boot_stub(test::StubMode::regular).value_or(-1) == 42);
}

TEST_CASE("memory sizes that are no multiple of 2 MiB boot", "[needs:doorbell-exits]") {
  for (const std::uint64_t size : {6 * kMiB + 4 * kKiB, 17 * kMiB, 33 * kMiB + 64 * kKiB}) {
    BootOptions options;
    options.memory_bytes = size;
    CHECK(boot_stub(test::StubMode::regular, options).value_or(-1) == 42);
  }
}

TEST_CASE("a triple fault ends the sandbox with the registers in the message", "[needs:doorbell-exits]") {
  const auto result = boot_stub(test::StubMode::triple_fault);
  require_failure(result, "rip 0x");
}

TEST_CASE("a store that is no doorbell ends the sandbox with its address", "[needs:doorbell-exits]") {
  require_failure(boot_stub(test::StubMode::stray_store), "stored 8 bytes at physical address");
}

TEST_CASE("an unknown doorbell ends the sandbox with its offset", "[needs:doorbell-exits]") {
  require_failure(boot_stub(test::StubMode::bad_doorbell), "doorbell 0x7c with 7");
}

TEST_CASE("too little memory is refused with what it takes", "[needs:doorbell-exits]") {
  BootOptions options;
  options.memory_bytes = 1 * kMiB + 512 * kKiB;
  const auto result = boot_stub(test::StubMode::regular, options);
  require_failure(result, "too small");
  CHECK(result.error().hint.find("--memory") != std::string::npos);
}

TEST_CASE("a second SIGTERM stops a guest that does not answer", "[needs:doorbell-exits]") {
  // Sent to the process: every thread of the sandbox blocks it, the signalfd takes it.
  sigset_t terminate;
  ::sigemptyset(&terminate);
  ::sigaddset(&terminate, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &terminate, nullptr);
  std::thread killer([] {
    for (int i = 0; i < 2; ++i) {
      ::usleep(200'000);
      ::kill(::getpid(), SIGTERM);
    }
  });
  const auto result = boot_stub(test::StubMode::spin);
  killer.join();
  if (!result) FAIL(result.error().what);
  CHECK(*result == 128 + SIGTERM);
}

}  // namespace baryon::host
