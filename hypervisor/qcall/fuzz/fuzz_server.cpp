// Fuzzes the QCall server as a hostile guest kernel would: the input is a program of descriptors, paths, raw queue
// bytes and doorbells against a real server.
//
// Safe for the host: the server sees one scratch directory (a read-only mount, a read-write one), pipes and /dev/null,
// and a network namespace of its own that has loopback alone; no sockets where that cannot be made.
// Sizes are bounded by RLIMIT_FSIZE. Oracles beside the sanitizers: nothing next to the mounts has changed, the
// read-only mount is as it was, and the secret outside never shows up in guest memory.
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/qcall/test/fake_guest.hpp"
#include "hypervisor/qcall/test/fuzz_input.hpp"
#include "hypervisor/qcall/test/scratch.hpp"

namespace {

using namespace baryon;
using namespace baryon::host;
using namespace baryon::host::test;

constexpr std::string_view kSecret = "the-secret-outside-of-all-mounts";
constexpr std::size_t kArenaUsed = 256 * 1024;

// What paths are made of; the input picks.
constexpr std::string_view kNames[] = {"..",   "/",      ".",       "",     "file", "dir", "abs", "up", "loop",
                                       "self", "secret", "outside", "proc", "x",    "y",   "z",   "//", "dir/../.."};

struct World {
  World() {
    struct rlimit limit = {1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);
    scratch.file("secret", kSecret);
    scratch.directory("ro");
    scratch.directory("ro/dir");
    scratch.file("ro/file", "read only");
    scratch.symlink("/secret", "ro/abs");
    scratch.symlink("../secret", "ro/up");
    scratch.symlink("loop", "ro/loop");
    scratch.symlink("/proc/self/root", "ro/self");
    renew();
    networked = enter_empty_network();
    if (::pipe2(full, O_CLOEXEC | O_NONBLOCK) != 0 || ::pipe2(empty, O_CLOEXEC | O_NONBLOCK) != 0) std::abort();
    const std::string chunk(4096, 'f');
    while (::write(full[1], chunk.data(), chunk.size()) > 0) {
    }
  }
  void renew() {
    std::filesystem::remove_all(scratch.at("rw"));
    scratch.directory("rw");
    scratch.directory("rw/dir");
    scratch.file("rw/file", "writable");
    scratch.symlink("../secret", "rw/up");
    scratch.symlink("/", "rw/self");
  }
  void check() {
    auto entries = [](const std::string& path) {
      return std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator());
    };
    struct stat status;
    const bool intact = scratch.content("secret") == kSecret && ::stat(scratch.at("secret").c_str(), &status) == 0 &&
                        status.st_nlink == 1 && (status.st_mode & 07777) == 0644 && entries(scratch.path()) == 3 &&
                        entries(scratch.at("ro")) == 6 && scratch.content("ro/file") == "read only";
    if (!intact) {
      std::fprintf(stderr, "the guest has changed something outside of its writable mount\n");
      std::abort();
    }
  }
  Scratch scratch;
  // A network namespace with loopback up.
  static bool enter_empty_network() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    struct ifreq request = {};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    return ::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
  }
  bool networked = false;
  int full[2];
  int empty[2];
  unsigned runs = 0;
};

abi::Gpa some_gpa(Input& input) {
  switch (input.number(1) % 4) {
    case 0: return input.number(8);
    case 1: return kQueues + input.number(2) % (2 * abi::kQueueSize);
    default: return kArena + input.number(3) % kArenaUsed;
  }
}

std::string some_path(Input& input) {
  std::string path;
  for (std::uint64_t parts = input.number(1) % 6; parts != 0; --parts) {
    path += kNames[input.number(1) % std::size(kNames)];
    if (parts > 1) path += '/';
  }
  return path;
}

FakeGuest::Call some_call(FakeGuest& guest, Input& input) {
  FakeGuest::Call call;
  call.descriptor.op = static_cast<abi::QCallOp>(input.number(1) % (static_cast<unsigned>(abi::QCallOp::count_) + 1));
  call.descriptor.handle = static_cast<std::uint32_t>(input.number(1) % 12);
  const std::uint64_t shape = input.number(1);
  for (int i = 0; i < 5; ++i) {
    if ((shape >> i & 1) != 0) call.arg(i, input.number(1 + input.number(1) % 8));
  }
  if (call.descriptor.op == abi::QCallOp::read || call.descriptor.op == abi::QCallOp::write)
    if ((shape & 0x80) != 0) call.arg(0, abi::kCurrentPosition);
  // An open that has a chance: without it, few handles ever exist.
  if (call.descriptor.op == abi::QCallOp::open && (shape & 0x80) != 0) {
    call.arg(0, input.number(1) % 4 | (input.number(1) % 2 != 0 ? O_CREAT : 0));
    call.arg(1, 0777);
  }
  // Sockets and addresses that have a chance.
  if (call.descriptor.op == abi::QCallOp::socket && (shape & 0x80) != 0)
    call.arg(0, input.number(1) % 2 != 0 ? AF_INET : AF_INET6).arg(1, 1 + input.number(1) % 2).arg(2, 0);
  if (call.descriptor.op >= abi::QCallOp::bind && call.descriptor.op <= abi::QCallOp::receive && (shape & 0x80) != 0) {
    abi::SocketMessage message = {};
    const sockaddr_in loopback = {.sin_family = AF_INET,
                                  .sin_port = htons(static_cast<std::uint16_t>(1024 + input.number(1) % 4)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)},
                                  .sin_zero = {}};
    message.address.length = sizeof loopback;
    std::memcpy(message.address.bytes, &loopback, sizeof loopback);
    message.control_length = static_cast<std::uint32_t>(input.number(1));
    input.copy(message.control, message.control_length % sizeof message.control);
    const abi::Gpa gpa = kArena + input.number(2);
    std::memcpy(guest.memory().base() + gpa, &message, sizeof message);
    call.segment(gpa, sizeof message);
    call.arg(1, input.number(1) % 4);
  }
  for (std::uint64_t segments = input.number(1) % 4; segments != 0; --segments) {
    if (input.number(1) % 2 != 0) {
      const std::string path = some_path(input);
      const abi::Gpa gpa = kArena + input.number(3) % (kArenaUsed - path.size());
      std::memcpy(guest.memory().base() + gpa, path.data(), path.size());
      call.segment(gpa, path.size());
    } else {
      const abi::Gpa gpa = some_gpa(input);
      call.segment(gpa, input.number(2) % (input.number(1) % 16 == 0 ? 0x10000 : 0x400));
    }
  }
  return call;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;  // removes its directory when libFuzzer exits
  if (++world.runs % 64 == 0) world.renew();
  static const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  {
    FakeGuest guest({.mounts = {{world.scratch.at("ro"), true}, {world.scratch.at("rw"), false}},
                     .streams = {world.empty[0], world.full[1], null},
                     .vcpus = 2,
                     .spin = SpinMode::never,
                     .sockets = world.networked});
    Input input(data, size);
    std::uint16_t slot = 0;
    while (!input.empty()) {
      const std::uint64_t what = input.number(1);
      const auto vcpu = static_cast<std::uint32_t>(what >> 7);
      abi::QCallQueue& queue = guest.queue(vcpu);
      switch (what & 15) {
        case 0:  // raw bytes over the queue
          input.copy(reinterpret_cast<std::byte*>(&queue) + input.number(2) % sizeof queue / 2, input.number(1));
          break;
        case 1: slot = static_cast<std::uint16_t>(input.number(1) % (abi::kQueueSlots + 2)); [[fallthrough]];
        case 2:
        case 3: guest.publish(queue, slot, some_call(guest, input)); break;
        case 4: guest.server().doorbell(); break;
        default:
          guest.publish(queue, slot, some_call(guest, input));
          guest.server().help(vcpu);
          guest.server().look_at_sockets(vcpu);
          slot = (slot + 1) % abi::kQueueSlots;
          break;
      }
    }
    guest.server().help(0);
    guest.server().help(1);
    guest.server().doorbell();
    guest.server().stop();
    if (::memmem(guest.memory().base() + kArena, kArenaUsed, kSecret.data(), kSecret.size()) != nullptr) {
      std::fprintf(stderr, "the guest has read a file outside of its mounts\n");
      std::abort();
    }
  }
  world.check();
  return 0;
}
