// Every operation on files, through the queue, as the guest kernel uses them.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <map>

#include "hypervisor/qcall/test/fake_guest.hpp"
#include "hypervisor/qcall/test/scratch.hpp"

using namespace baryon;
using namespace baryon::host;
using namespace baryon::host::test;
using abi::QCallOp;

namespace {

constexpr std::int64_t kRoot = kFirstMountHandle;

struct Files {
  Scratch scratch;
  FakeGuest guest{FakeGuestOptions{.mounts = {{scratch.path(), false}}}};
};

struct Listing {
  std::map<std::string, std::uint8_t> entries;
  int calls = 0;
  std::int64_t error = 0;
};

Listing list(FakeGuest& guest, std::int64_t handle, std::uint32_t buffer_size) {
  Listing listing;
  std::uint64_t cookie = 0;
  for (;;) {
    const auto gpa = guest.allocate(buffer_size);
    const auto bytes =
        guest.call(FakeGuest::make(QCallOp::read_dir).handle(handle).segment(gpa, buffer_size).arg(0, cookie));
    ++listing.calls;
    if (bytes <= 0) {
      listing.error = bytes;
      return listing;
    }
    REQUIRE(bytes <= buffer_size);
    for (std::int64_t at = 0; at < bytes;) {
      const auto entry = guest.record<abi::DirectoryEntry>(gpa + static_cast<std::uint64_t>(at));
      REQUIRE(entry.length % 8 == 0);
      REQUIRE(entry.length >= sizeof entry + entry.name_length + 1);
      const auto name = guest.get(gpa + static_cast<std::uint64_t>(at) + sizeof entry, entry.name_length + 1u);
      REQUIRE(name.back() == '\0');
      REQUIRE(listing.entries.emplace(name.substr(0, entry.name_length), entry.type).second);
      cookie = entry.next_cookie;
      at += entry.length;
    }
  }
}

}  // namespace

TEST_CASE_METHOD(Files, "create, write, read, append") {
  const auto file = guest.open(kRoot, "new", O_RDWR | O_CREAT | O_EXCL, 0640);
  REQUIRE(file > kRoot);
  CHECK(guest.write(file, "hello world", 0) == 11);
  std::string text;
  CHECK(guest.read(file, 100, text, 6) == 5);
  CHECK(text == "world");
  CHECK(guest.read(file, 100, text, 11) == 0);
  CHECK(guest.read(file, 100, text, 1 << 20) == 0);
  CHECK(guest.write(file, "!", 0, abi::kWriteAppend) == 1);
  CHECK(scratch.content("new") == "hello world!");
  CHECK(guest.write(file, "xy") == 2);  // the file's own position: still 0
  CHECK(scratch.content("new") == "xyllo world!");
  CHECK(guest.read(file, 3, text) == 3);
  CHECK(text == "llo");
  CHECK(guest.read(file, 3, text, 1ull << 63) == -EINVAL);
  CHECK(guest.write(file, "x", 0, 2) == -EINVAL);
  CHECK(guest.open(kRoot, "new", O_RDWR | O_CREAT | O_EXCL, 0640) == -EEXIST);
  CHECK(guest.close(file) == 0);
  CHECK(guest.close(file) == -EBADF);
  CHECK(guest.read(file, 1, text, 0) == -EBADF);
  abi::FileStat status;
  CHECK(guest.stat(kRoot, "new", 0, status) == 0);
  CHECK((status.mode & 07777) == 0640);
}

TEST_CASE_METHOD(Files, "the host's umask does not touch what the guest creates") {
  const mode_t before = ::umask(077);
  const auto file = guest.open(kRoot, "open", O_WRONLY | O_CREAT, 0666);
  CHECK(file > 0);
  CHECK(guest.path_call(QCallOp::mkdir, kRoot, "dir", 0777) == 0);
  CHECK(::umask(before) == 077);
  abi::FileStat status;
  CHECK(guest.stat(kRoot, "open", 0, status) == 0);
  CHECK((status.mode & 07777) == 0666);
  CHECK(guest.stat(kRoot, "dir", 0, status) == 0);
  CHECK((status.mode & 07777) == 0777);
}

TEST_CASE_METHOD(Files, "open says what it has opened, if asked") {
  REQUIRE(guest.write(guest.open(kRoot, "told", O_WRONLY | O_CREAT, 0640), "12345", 0) == 5);
  const auto record = guest.allocate(sizeof(abi::FileStat));
  const auto open = [&](std::uint32_t size) {
    return guest.call(FakeGuest::make(QCallOp::open)
                          .handle(kRoot)
                          .segment(guest.put("told"), 4)
                          .segment(record, size)
                          .arg(0, O_RDONLY));
  };
  CHECK(open(sizeof(abi::FileStat) - 1) == -EINVAL);
  CHECK(open(sizeof(abi::FileStat)) > 0);
  const auto told = guest.record<abi::FileStat>(record);
  abi::FileStat status;
  CHECK(guest.stat(kRoot, "told", 0, status) == 0);
  CHECK(told.size == 5);
  CHECK(told.inode == status.inode);
  CHECK(told.mode == status.mode);
}

TEST_CASE_METHOD(Files, "scattered transfers keep their order") {
  const auto file = guest.open(kRoot, "f", O_RDWR | O_CREAT, 0600);
  auto write = FakeGuest::make(QCallOp::write).handle(file).arg(0, 0);
  for (const char* part : {"one", "", "two", "three", "4", "five", "six", "seven"})
    write.segment(guest.put(part), std::strlen(part));
  CHECK(guest.call(write) == 24);
  CHECK(scratch.content("f") == "onetwothree4fivesixseven");
  const auto a = guest.allocate(8);
  const auto b = guest.allocate(100);
  CHECK(guest.call(FakeGuest::make(QCallOp::read).handle(file).segment(a, 4).segment(b, 100).arg(0, 2)) == 22);
  CHECK(guest.get(a, 4) == "etwo");
  CHECK(guest.get(b, 18) == "three4fivesixseven");
}

TEST_CASE_METHOD(Files, "a megabyte goes through in one request, beyond is refused") {
  const auto file = guest.open(kRoot, "big", O_RDWR | O_CREAT, 0600);
  const auto gpa = guest.allocate(abi::kMaxTransfer);
  std::memset(guest.memory().base() + gpa, 'z', abi::kMaxTransfer);
  CHECK(guest.call(FakeGuest::make(QCallOp::write).handle(file).segment(gpa, abi::kMaxTransfer).arg(0, 0)) ==
        abi::kMaxTransfer);
  CHECK(guest.call(FakeGuest::make(QCallOp::read).handle(file).segment(gpa, abi::kMaxTransfer).arg(0, 0)) ==
        abi::kMaxTransfer);
  CHECK(guest.call(FakeGuest::make(QCallOp::read).handle(file).segment(gpa, abi::kMaxTransfer + 1).arg(0, 0)) ==
        -EINVAL);
}

TEST_CASE_METHOD(Files, "files that are not in the page cache are read whole") {
  const std::string content(300'000, 'q');
  scratch.file("cold", content);
  const int descriptor = ::open(scratch.at("cold").c_str(), O_RDONLY | O_CLOEXEC);
  ::fsync(descriptor);
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
  const auto file = guest.open(kRoot, "cold", O_RDONLY);
  std::string text;
  CHECK(guest.read(file, 400'000, text, 0) == 300'000);
  CHECK(text == content);
}

TEST_CASE_METHOD(Files, "stat tells what statx tells") {
  scratch.file("f", "12345", 0600);
  struct stat expected;
  REQUIRE(::stat(scratch.at("f").c_str(), &expected) == 0);
  abi::FileStat status;
  for (const std::uint64_t flags : {0, AT_SYMLINK_NOFOLLOW}) {
    CHECK(guest.stat(kRoot, "f", flags, status) == 0);
    CHECK(status.mode == expected.st_mode);
    CHECK(status.size == 5);
    CHECK(status.inode == expected.st_ino);
    CHECK(status.device == expected.st_dev);
    CHECK(status.nlink == 1);
    CHECK(status.uid == expected.st_uid);
    CHECK(status.modify_s == expected.st_mtim.tv_sec);
    CHECK(status.modify_ns == expected.st_mtim.tv_nsec);
    CHECK(status.blocks == static_cast<std::uint64_t>(expected.st_blocks));
  }
  CHECK(guest.stat(kRoot, "", 0, status) == 0);
  CHECK(S_ISDIR(status.mode));
  const auto file = guest.open(kRoot, "f", O_RDONLY);
  CHECK(guest.stat(file, "", 0, status) == 0);
  CHECK(status.inode == expected.st_ino);
  CHECK(guest.stat(file, "x", 0, status) == -ENOTDIR);
  CHECK(guest.stat(kRoot, "none", 0, status) == -ENOENT);
  CHECK(guest.stat(kRoot, "f/x", 0, status) == -ENOTDIR);
  CHECK(guest.stat(kRoot, "f", 0x1000, status) == -EINVAL);
  CHECK(guest.stat(999, "f", 0, status) == -EBADF);
}

TEST_CASE_METHOD(Files, "directories list completely, whatever the buffer's size") {
  scratch.directory("d");
  std::map<std::string, std::uint8_t> expected = {{".", DT_DIR}, {"..", DT_DIR}};
  for (int i = 0; i < 300; ++i) {
    const std::string name = "n" + std::string(static_cast<std::size_t>(i % 250), 'x') + std::to_string(i);
    scratch.file("d/" + name, "");
    expected[name] = DT_REG;
  }
  for (const std::uint32_t size : {512u, 1000u, 4096u, 65536u, 1u << 20}) {
    const auto directory = guest.open(kRoot, "d", O_RDONLY | O_DIRECTORY);
    for (int again = 0; again < 2; ++again) {
      const Listing listing = list(guest, directory, size);
      CHECK(listing.error == 0);
      CHECK(listing.entries == expected);
      if (size == 512) CHECK(listing.calls > 50);
    }
    CHECK(guest.close(directory) == 0);
  }
  CHECK(list(guest, kRoot, 4096).entries.contains("d"));
  const auto gpa = guest.allocate(512);
  CHECK(guest.call(FakeGuest::make(QCallOp::read_dir).handle(kRoot).segment(gpa, 511)) == -EINVAL);
  const auto file = guest.open(kRoot, "file", O_RDWR | O_CREAT, 0600);
  CHECK(guest.call(FakeGuest::make(QCallOp::read_dir).handle(file).segment(gpa, 512)) == -ENOTDIR);
  CHECK(guest.call(FakeGuest::make(QCallOp::read_dir).handle(kRoot).segment(gpa, 512).arg(0, ~0ull)) <= 512);
}

TEST_CASE_METHOD(Files, "names are made, moved and removed") {
  CHECK(guest.path_call(QCallOp::mkdir, kRoot, "a", 0755) == 0);
  CHECK(guest.path_call(QCallOp::mkdir, kRoot, "a", 0755) == -EEXIST);
  CHECK(guest.path_call(QCallOp::mkdir, kRoot, "a/b", 0700) == 0);
  CHECK(guest.path_call(QCallOp::mkdir, kRoot, "x/y", 0700) == -ENOENT);
  const auto file = guest.open(kRoot, "a/b/f", O_RDWR | O_CREAT, 0600);
  REQUIRE(file > 0);
  CHECK(guest.two_paths(QCallOp::link, kRoot, "a/b/f", kRoot, "hard") == 0);
  CHECK(guest.two_paths(QCallOp::link, kRoot, "a/b/f", kRoot, "hard") == -EEXIST);
  CHECK(guest.two_paths(QCallOp::link, file, "", kRoot, "hard2") == 0);
  abi::FileStat status;
  CHECK(guest.stat(file, "", 0, status) == 0);
  CHECK(status.nlink == 3);
  CHECK(guest.two_paths(QCallOp::symlink, kRoot, "a/s", 0, "b/f") == 0);
  std::string target;
  CHECK(guest.read_link(kRoot, "a/s", target) == 3);
  CHECK(target == "b/f");
  CHECK(guest.read_link(kRoot, "hard", target) == -EINVAL);
  CHECK(guest.read_link(kRoot, "none", target) == -ENOENT);
  const auto link = guest.open(kRoot, "a/s", O_PATH | O_NOFOLLOW);
  CHECK(guest.read_link(link, "", target) == 3);
  CHECK(guest.read_link(file, "", target) == -EINVAL);
  CHECK(guest.stat(kRoot, "a/s", AT_SYMLINK_NOFOLLOW, status) == 0);
  CHECK(S_ISLNK(status.mode));
  CHECK(guest.stat(kRoot, "a/s", 0, status) == 0);
  CHECK(S_ISREG(status.mode));

  const auto directory = guest.open(kRoot, "a", O_RDONLY | O_DIRECTORY);
  CHECK(guest.two_paths(QCallOp::rename, kRoot, "hard", static_cast<std::uint64_t>(directory), "moved") == 0);
  CHECK(scratch.exists("a/moved"));
  CHECK(guest.two_paths(QCallOp::rename, kRoot, "hard2", kRoot, "a/moved", 1 /* NOREPLACE */) == -EEXIST);
  CHECK(guest.two_paths(QCallOp::rename, kRoot, "hard2", kRoot, "a/b", 2 /* EXCHANGE */) == 0);
  CHECK(guest.two_paths(QCallOp::rename, kRoot, "hard2", kRoot, "a/b", 2) == 0);
  CHECK(guest.two_paths(QCallOp::rename, kRoot, "hard2", kRoot, "y", 4 /* WHITEOUT */) == -EINVAL);
  CHECK(guest.two_paths(QCallOp::rename, kRoot, "hard2", 12345, "y") == -EBADF);
  CHECK(guest.two_paths(QCallOp::rename, kRoot, "hard2", static_cast<std::uint64_t>(file), "y") == -ENOTDIR);

  CHECK(guest.path_call(QCallOp::unlink, kRoot, "a") == -EISDIR);
  CHECK(guest.path_call(QCallOp::unlink, kRoot, "a", AT_REMOVEDIR) == -ENOTEMPTY);
  CHECK(guest.path_call(QCallOp::unlink, kRoot, "a/b/f") == 0);
  CHECK(guest.path_call(QCallOp::unlink, kRoot, "a/b/f") == -ENOENT);
  CHECK(guest.path_call(QCallOp::unlink, directory, "b", AT_REMOVEDIR) == 0);
  CHECK(guest.path_call(QCallOp::unlink, kRoot, "a/s", 1) == -EINVAL);
  for (const char* bad : {"", ".", "..", "a/", "a/."}) {
    CAPTURE(bad);
    CHECK(guest.path_call(QCallOp::mkdir, kRoot, bad, 0700) == -EINVAL);
    CHECK(guest.path_call(QCallOp::unlink, kRoot, bad, AT_REMOVEDIR) == -EINVAL);
    CHECK(guest.two_paths(QCallOp::symlink, kRoot, bad, 0, "t") == -EINVAL);
    CHECK(guest.two_paths(QCallOp::rename, kRoot, "hard2", kRoot, bad) == -EINVAL);
  }
  CHECK(guest.two_paths(QCallOp::symlink, kRoot, "e", 0, "") == -ENOENT);
}

TEST_CASE_METHOD(Files, "mode, owner, times and size change") {
  const auto file = guest.open(kRoot, "f", O_RDWR | O_CREAT, 0600);
  abi::FileStat status;
  CHECK(guest.path_call(QCallOp::chmod, kRoot, "f", 0444) == 0);
  CHECK(guest.stat(file, "", 0, status) == 0);
  CHECK((status.mode & 07777) == 0444);
  CHECK(guest.path_call(QCallOp::chmod, file, "", 0751) == 0);
  CHECK(guest.stat(file, "", 0, status) == 0);
  CHECK((status.mode & 07777) == 0751);
  CHECK(guest.path_call(QCallOp::chmod, kRoot, "f", 010000) == -EINVAL);

  auto chown = [&](std::int64_t handle, std::string_view path, std::uint64_t uid, std::uint64_t gid) {
    return guest.call(FakeGuest::make(QCallOp::chown)
                          .handle(handle)
                          .segment(guest.put(path), path.size())
                          .arg(0, uid)
                          .arg(1, gid)
                          .arg(2, AT_SYMLINK_NOFOLLOW));
  };
  CHECK(chown(kRoot, "f", ~0ull, 0xffffffff) == 0);
  CHECK(chown(kRoot, "f", 1ull << 33, 0) == -EINVAL);
  if (::geteuid() == 0) {
    CHECK(chown(file, "", 12, 34) == 0);
    CHECK(guest.stat(file, "", 0, status) == 0);
    CHECK(status.uid == 12);
    CHECK(status.gid == 34);
  }

  auto utimens = [&](std::uint64_t nanoseconds) {
    return guest.call(FakeGuest::make(QCallOp::utimens)
                          .handle(kRoot)
                          .segment(guest.put("f"), 1)
                          .arg(0, 1000)
                          .arg(1, nanoseconds)
                          .arg(2, 2000)
                          .arg(3, 7));
  };
  CHECK(utimens(5) == 0);
  CHECK(guest.stat(file, "", 0, status) == 0);
  CHECK(status.access_s == 1000);
  CHECK(status.access_ns == 5);
  CHECK(status.modify_s == 2000);
  CHECK(status.modify_ns == 7);
  CHECK(utimens(1'000'000'000) == -EINVAL);
  CHECK(utimens(UTIME_OMIT) == 0);

  auto simple = [&](QCallOp op, std::int64_t handle, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    return guest.call(FakeGuest::make(op).handle(handle).arg(0, a).arg(1, b).arg(2, c));
  };
  CHECK(simple(QCallOp::truncate, file, 100) == 0);
  CHECK(guest.stat(file, "", 0, status) == 0);
  CHECK(status.size == 100);
  CHECK(simple(QCallOp::truncate, file, ~0ull) == -EINVAL);
  CHECK(simple(QCallOp::fallocate, file, 0, 0, 4096) == 0);
  CHECK(guest.stat(file, "", 0, status) == 0);
  CHECK(status.size == 4096);
  CHECK(simple(QCallOp::sync, file, 0) == 0);
  CHECK(simple(QCallOp::sync, file, 1) == 0);
  const auto reader = guest.open(kRoot, "f", O_RDONLY);
  CHECK(simple(QCallOp::truncate, reader, 1) == -EINVAL);
  CHECK(simple(QCallOp::fallocate, reader, 0, 0, 10) == -EBADF);
  CHECK(guest.write(reader, "x", 0) == -EBADF);
  const auto writer = guest.open(kRoot, "f", O_WRONLY);
  std::string text;
  CHECK(guest.read(writer, 1, text, 0) == -EBADF);
  CHECK(guest.read(kRoot, 1, text, 0) == -EISDIR);

  const auto gpa = guest.allocate(64);
  CHECK(guest.call(FakeGuest::make(QCallOp::statfs).handle(kRoot).segment(gpa, 64)) == 0);
  CHECK(guest.record<abi::FileSystemStat>(gpa).block_size > 0);
}

TEST_CASE_METHOD(Files, "open flags mean what open(2) says") {
  scratch.file("f", "content");
  scratch.directory("d");
  scratch.symlink("f", "s");
  CHECK(guest.open(kRoot, "none", O_RDONLY) == -ENOENT);
  CHECK(guest.open(kRoot, "f", O_RDONLY | O_DIRECTORY) == -ENOTDIR);
  CHECK(guest.open(kRoot, "d", O_RDWR) == -EISDIR);
  CHECK(guest.open(kRoot, "d", O_RDONLY | O_CREAT, 0600) == -EISDIR);
  CHECK(guest.open(kRoot, "s", O_RDONLY | O_NOFOLLOW) == -ELOOP);
  CHECK(guest.open(kRoot, "s", O_RDONLY) > 0);
  CHECK(guest.open(kRoot, "f", 1ull << 40) == -EINVAL);
  CHECK(guest.open(kRoot, "f/x", O_RDONLY) == -ENOTDIR);
  CHECK(guest.open(kRoot, std::string_view("f\0x", 3), O_RDONLY) == -EINVAL);
  CHECK(guest.open(kRoot, std::string(256, 'n'), O_RDONLY) == -ENAMETOOLONG);
  const auto path_only = guest.open(kRoot, "f", O_PATH);
  std::string text;
  CHECK(guest.read(path_only, 1, text, 0) == -EBADF);
  const auto reopened = guest.open(path_only, "", O_RDWR | O_TRUNC);
  CHECK(guest.write(reopened, "new", 0) == 3);
  CHECK(scratch.content("f") == "new");
  const auto appending = guest.open(kRoot, "f", O_WRONLY | O_APPEND);
  CHECK(guest.write(appending, "er") == 2);
  CHECK(scratch.content("f") == "newer");
  const auto temporary = guest.open(kRoot, "d", O_TMPFILE | O_RDWR, 0600);
  if (temporary != -EOPNOTSUPP) {
    CHECK(guest.write(temporary, "t", 0) == 1);
    CHECK(guest.two_paths(QCallOp::link, temporary, "", kRoot, "d/t") == 0);
    CHECK(scratch.content("d/t") == "t");
  }
}

TEST_CASE_METHOD(Files, "locks exclude each other and waiting for one works") {
  scratch.file("f", "");
  const auto first = guest.open(kRoot, "f", O_RDWR);
  const auto second = guest.open(kRoot, "f", O_RDWR);
  auto lock = [&](std::int64_t handle, std::uint64_t kind) {
    return FakeGuest::make(QCallOp::lock).handle(handle).arg(0, kind);
  };
  CHECK(guest.call(lock(first, LOCK_EX)) == 0);
  CHECK(guest.call(lock(second, LOCK_EX | LOCK_NB)) == -EWOULDBLOCK);
  CHECK(guest.call(lock(second, 0x40)) == -EINVAL);
  const auto waiting = guest.submit(lock(second, LOCK_EX));
  const auto given_up = guest.submit(lock(second, LOCK_EX));
  CHECK(guest.call(FakeGuest::make(QCallOp::cancel).arg(0, given_up)) == 0);
  CHECK(guest.wait(given_up) == -ECANCELED);
  std::int64_t result;
  CHECK_FALSE(guest.poll_completion(waiting, result));
  CHECK(guest.call(lock(first, LOCK_UN)) == 0);
  CHECK(guest.wait(waiting) == 0);
  CHECK(guest.call(lock(first, LOCK_SH | LOCK_NB)) == -EWOULDBLOCK);
}

TEST_CASE_METHOD(Files, "errors of the host's file systems reach the guest") {
  const auto file = guest.open(kRoot, "f", O_RDWR | O_CREAT, 0600);
  struct rlimit before;
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const struct rlimit small = {4096, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto short_write = guest.write(file, "0123456789", 4090);
  const auto too_big = guest.write(file, "0123456789", 4096);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(short_write == 6);
  CHECK(too_big == -EFBIG);
}

TEST_CASE_METHOD(Files, "handles run out politely") {
  struct rlimit before;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  scratch.file("f", "");
  const struct rlimit small = {64, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &small) == 0);
  std::vector<std::int64_t> handles;
  std::int64_t result;
  while ((result = guest.open(kRoot, "f", O_RDONLY)) >= 0 && handles.size() < 100) handles.push_back(result);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(result == -ENFILE);
  for (const auto handle : handles) CHECK(guest.close(handle) == 0);
  CHECK(guest.open(kRoot, "f", O_RDONLY) >= 0);
}

TEST_CASE_METHOD(Files, "seek moves the file's own position") {
  scratch.file("f", "0123456789");
  const auto file = guest.open(kRoot, "f", O_RDONLY);
  auto seek = [&](std::int64_t handle, std::int64_t offset, std::uint64_t whence) {
    return guest.call(
        FakeGuest::make(QCallOp::seek).handle(handle).arg(0, static_cast<std::uint64_t>(offset)).arg(1, whence));
  };
  std::string text;
  CHECK(seek(file, 4, SEEK_SET) == 4);
  CHECK(guest.read(file, 2, text) == 2);
  CHECK(text == "45");
  CHECK(seek(file, -1, SEEK_CUR) == 5);
  CHECK(seek(file, -2, SEEK_END) == 8);
  CHECK(seek(file, 0, SEEK_HOLE) == 10);
  CHECK(seek(file, -1, SEEK_SET) == -EINVAL);
  CHECK(seek(file, 0, 5) == -EINVAL);
  CHECK(seek(file, 0, 1ull << 32) == -EINVAL);
  CHECK(seek(kRoot, 0, SEEK_SET) == -ESPIPE);
}

TEST_CASE_METHOD(Files, "stat can refuse symbolic links on the way") {
  scratch.directory("d");
  scratch.file("d/f", "1");
  scratch.symlink("d", "s");
  scratch.symlink("f", "d/last");
  abi::FileStat status;
  const std::uint64_t strict = abi::kStatNoSymlinks | AT_SYMLINK_NOFOLLOW;
  CHECK(guest.stat(kRoot, "d/f", strict, status) == 0);
  CHECK(S_ISREG(status.mode));
  CHECK(guest.stat(kRoot, "s/f", strict, status) == -ELOOP);
  CHECK(guest.stat(kRoot, "s/f", AT_SYMLINK_NOFOLLOW, status) == 0);
  CHECK(guest.stat(kRoot, "d/last", strict, status) == 0);
  CHECK(S_ISLNK(status.mode));
  CHECK(guest.stat(kRoot, "d/last", abi::kStatNoSymlinks, status) == -ELOOP);
  CHECK(guest.stat(kRoot, "", strict, status) == 0);
  CHECK(guest.stat(kRoot, "d/f", 1ull << 33, status) == -EINVAL);
}
