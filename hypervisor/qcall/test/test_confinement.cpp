// A hostile guest kernel must not get out of its mounts, nor change a read-only one, nor open devices.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include "hypervisor/qcall/test/fake_guest.hpp"
#include "hypervisor/qcall/test/scratch.hpp"

using namespace baryon;
using namespace baryon::host;
using namespace baryon::host::test;
using abi::QCallOp;

namespace {

constexpr std::int64_t kRoot = kFirstMountHandle;

// scratch/secret is outside, scratch/root is the mount.
struct Confined {
  Confined() {
    scratch.file("secret", "secret");
    scratch.directory("root");
    scratch.directory("root/sub");
    scratch.file("root/file", "inside");
    scratch.file("root/secret", "decoy");
    guest.emplace(FakeGuestOptions{.mounts = {{scratch.at("root"), false}, {scratch.at("root"), true}}});
  }
  std::string read(std::int64_t handle) {
    std::string text;
    guest->read(handle, 100, text, 0);
    return text;
  }
  Scratch scratch;
  std::optional<FakeGuest> guest;
};

}  // namespace

TEST_CASE_METHOD(Confined, "dot-dot and absolute paths stay inside the mount") {
  for (const char* path : {"../secret", "/../secret", "sub/../../secret", "../../../../../../secret", "/secret",
                           "sub/../../../../secret"}) {
    CAPTURE(path);
    const auto handle = guest->open(kRoot, path, O_RDONLY);
    if (handle >= 0) CHECK(read(handle) == "decoy");
  }
  CHECK(guest->open(kRoot, "../etc/passwd", O_RDONLY) == -ENOENT);
  const auto sub = guest->open(kRoot, "sub", O_RDONLY | O_DIRECTORY);
  CHECK(guest->open(sub, "../file", O_RDONLY) == -EXDEV);
  CHECK(guest->open(sub, "/file", O_RDONLY) == -EXDEV);
  CHECK(guest->path_call(QCallOp::mkdir, sub, "../made", 0700) == -EXDEV);
  CHECK(guest->path_call(QCallOp::mkdir, kRoot, "../made", 0700) == 0);
  CHECK(scratch.exists("root/made"));
  CHECK_FALSE(scratch.exists("made"));
}

TEST_CASE_METHOD(Confined, "symbolic links stay inside the mount") {
  scratch.symlink("/etc/passwd", "root/absolute");
  scratch.symlink("../secret", "root/up");
  scratch.symlink("../../../../../../../etc", "root/far");
  scratch.symlink("/", "root/slash");
  scratch.symlink("loop", "root/loop");
  CHECK(guest->open(kRoot, "absolute", O_RDONLY) == -ENOENT);
  CHECK(read(guest->open(kRoot, "up", O_RDONLY)) == "decoy");
  CHECK(guest->open(kRoot, "far/passwd", O_RDONLY) == -ENOENT);
  CHECK(read(guest->open(kRoot, "slash/secret", O_RDONLY)) == "decoy");
  CHECK(guest->open(kRoot, "loop", O_RDONLY) == -ELOOP);
  // What would create through a link creates inside, or nowhere.
  CHECK(guest->open(kRoot, "absolute", O_WRONLY | O_CREAT, 0600) < 0);
  abi::FileStat status;
  CHECK(guest->stat(kRoot, "absolute", 0, status) == -ENOENT);
  CHECK(guest->stat(kRoot, "absolute", AT_SYMLINK_NOFOLLOW, status) == 0);
  // chmod and chown through a link would reach the target inside only.
  CHECK(guest->path_call(QCallOp::chmod, kRoot, "up", 0600) == 0);
  CHECK(guest->stat(kRoot, "secret", 0, status) == 0);
  CHECK((status.mode & 07777) == 0600);
  struct stat outside;
  REQUIRE(::stat(scratch.at("secret").c_str(), &outside) == 0);
  CHECK((outside.st_mode & 07777) == 0644);
}

TEST_CASE("the host's procfs is not entered") {
  FakeGuest guest({.mounts = {{"/", true}}});
  const auto pid = std::to_string(::getpid());
  for (const std::string& path :
       {std::string("proc/self/environ"), "proc/" + pid + "/mem", "proc/" + pid + "/fd", std::string("proc"),
        std::string("proc/self/root/etc/passwd"), std::string("proc/self/fd/0")}) {
    CAPTURE(path);
    CHECK(guest.open(kRoot, path, O_RDONLY) < 0);
    CHECK(guest.open(kRoot, path, O_PATH) < 0);
  }
  std::string target;
  CHECK(guest.read_link(kRoot, "proc/self/exe", target) < 0);
  CHECK(guest.open(kRoot, "etc/passwd", O_RDONLY) > 0);
}

TEST_CASE_METHOD(Confined, "a read-only mount cannot be changed by any operation") {
  const std::int64_t read_only = kRoot + 1;
  for (const std::uint64_t flags : {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_RDONLY | O_CREAT, O_TMPFILE | O_RDWR})
    CHECK(guest->open(read_only, "file", flags, 0600) == -EROFS);
  CHECK(guest->path_call(QCallOp::mkdir, read_only, "x", 0700) == -EROFS);
  CHECK(guest->path_call(QCallOp::unlink, read_only, "file") == -EROFS);
  CHECK(guest->two_paths(QCallOp::symlink, read_only, "x", 0, "y") == -EROFS);
  CHECK(guest->two_paths(QCallOp::link, read_only, "file", kRoot, "x") == -EROFS);
  CHECK(guest->two_paths(QCallOp::link, kRoot, "file", read_only, "x") == -EROFS);
  CHECK(guest->two_paths(QCallOp::rename, read_only, "file", kRoot, "x") == -EROFS);
  CHECK(guest->two_paths(QCallOp::rename, kRoot, "file", read_only, "x") == -EROFS);
  CHECK(guest->path_call(QCallOp::chmod, read_only, "file", 0777) == -EROFS);
  CHECK(guest->path_call(QCallOp::chown, read_only, "file", 0) == -EROFS);
  CHECK(guest->path_call(QCallOp::utimens, read_only, "file", 0) == -EROFS);
  const auto file = guest->open(read_only, "file", O_RDONLY);
  REQUIRE(file > 0);
  CHECK(read(file) == "inside");
  CHECK(guest->write(file, "x", 0) == -EBADF);
  CHECK(guest->call(FakeGuest::make(QCallOp::truncate).handle(file)) == -EROFS);
  CHECK(guest->call(FakeGuest::make(QCallOp::fallocate).handle(file).arg(2, 1)) == -EROFS);
  CHECK(guest->open(file, "", O_RDWR) == -EROFS);
  CHECK(guest->path_call(QCallOp::chmod, file, "", 0777) == -EROFS);
  const auto path_only = guest->open(read_only, "file", O_PATH);
  CHECK(guest->open(path_only, "", O_WRONLY) == -EROFS);
  CHECK(scratch.content("root/file") == "inside");
}

TEST_CASE_METHOD(Confined, "devices, FIFOs and sockets are not opened, and FIFOs do not block") {
  REQUIRE(::mkfifo(scratch.at("root/fifo").c_str(), 0600) == 0);
  for (const std::uint64_t flags : {O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY | O_NONBLOCK, O_RDWR | O_CREAT})
    CHECK(guest->open(kRoot, "fifo", flags, 0600) == -EACCES);
  const int unix_socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, scratch.at("root/socket").c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(unix_socket, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0);
  CHECK(guest->open(kRoot, "socket", O_RDWR) == -EACCES);
  ::close(unix_socket);
  if (::mknod(scratch.at("root/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0)
    CHECK(guest->open(kRoot, "null", O_RDWR) == -EACCES);
  const auto path_only = guest->open(kRoot, "fifo", O_PATH);
  CHECK(path_only > 0);
  CHECK(guest->open(path_only, "", O_RDONLY) == -EACCES);
  abi::FileStat status;
  CHECK(guest->stat(kRoot, "fifo", 0, status) == 0);
  CHECK(S_ISFIFO(status.mode));
}

TEST_CASE("a mounted file is that file alone") {
  Scratch scratch;
  scratch.file("one", "1");
  scratch.file("two", "2");
  FakeGuest guest({.mounts = {{scratch.at("one"), true}, {scratch.at("one"), false}}});
  std::string text;
  const auto file = guest.open(kRoot, "", O_RDONLY);
  CHECK(guest.read(file, 10, text, 0) == 1);
  CHECK(text == "1");
  CHECK(guest.open(kRoot, "../two", O_RDONLY) == -ENOTDIR);
  CHECK(guest.open(kRoot, "", O_RDWR) == -EROFS);
  const auto writable = guest.open(kRoot + 1, "", O_RDWR);
  CHECK(guest.write(writable, "x", 0) == 1);
  CHECK(scratch.content("one") == "x");
  CHECK(guest.close(kRoot) == -EPERM);
}

// One thread swaps a directory with a symbolic link that leads outside while the guest looks through it.
TEST_CASE_METHOD(Confined, "a swapping race never leads outside") {
  scratch.directory("outside");
  scratch.file("outside/target", "outside");
  scratch.directory("root/sub/deep");
  scratch.file("root/sub/deep/target", "inside");
  scratch.symlink(scratch.at("outside"), "root/sub/link");
  std::atomic<bool> stop{false};
  std::thread swapper([&] {
    const std::string deep = scratch.at("root/sub/deep");
    const std::string link = scratch.at("root/sub/link");
    const std::string sub = scratch.at("root/sub");
    const std::string away = scratch.at("away");
    while (!stop) {
      ::renameat2(AT_FDCWD, deep.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
      ::rename(sub.c_str(), away.c_str());
      ::rename(away.c_str(), sub.c_str());
    }
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  int reads = 0;
  int wrong = 0;
  abi::FileStat outside;
  struct stat expected;
  REQUIRE(::stat(scratch.at("outside/target").c_str(), &expected) == 0);
  while (std::chrono::steady_clock::now() < end) {
    for (const char* path : {"sub/deep/target", "sub/deep/../../../outside/target", "sub/../sub/link/target"}) {
      const auto handle = guest->open(kRoot, path, O_RDONLY);
      if (handle >= 0) {
        ++reads;
        wrong += read(handle) != "inside";
        guest->close(handle);
      }
      if (guest->stat(kRoot, path, 0, outside) == 0) wrong += outside.inode == expected.st_ino;
    }
    guest->path_call(QCallOp::mkdir, kRoot, "sub/deep/made", 0700);
    guest->path_call(QCallOp::unlink, kRoot, "sub/link/target");
    const auto file = guest->open(kRoot, "sub/deep/target", O_WRONLY | O_CREAT, 0600);
    if (file >= 0) {
      guest->write(file, "inside", 0);
      guest->close(file);
    }
  }
  stop = true;
  swapper.join();
  CHECK(reads > 0);
  CHECK(wrong == 0);
  CHECK(scratch.content("outside/target") == "outside");
  CHECK_FALSE(scratch.exists("outside/made"));
}
