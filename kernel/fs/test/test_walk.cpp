#include <catch2/catch.hpp>

#include "kernel/fs/hostfs/hostfs.hpp"
#include "kernel/fs/mount_directory.hpp"
#include "kernel/fs/test/fake_host.hpp"
#include "kernel/fs/test/fixture.hpp"

using namespace baryon;
using namespace baryon::fs;
using fs::test::error_of;
using fs::test::path_of;

TEST_CASE("paths resolve with links, dots and mounts", "[fs][walk]") {
  fs::test::Tree tree;
  const Place place = tree.place();
  for (const char* d : {"/a", "/a/b", "/a/b/c", "/m"}) REQUIRE(mkdir(place, d, 0755).ok());
  REQUIRE(symlink(place, "/abs", "/a/b").ok());
  REQUIRE(symlink(place, "/a/rel", "b/c").ok());
  REQUIRE(symlink(place, "/a/b/up", "../../m").ok());
  REQUIRE(symlink(place, "/loop1", "loop2").ok());
  REQUIRE(symlink(place, "/loop2", "loop1").ok());
  REQUIRE(symlink(place, "/dangling", "/no/where").ok());
  REQUIRE(mount("/m", mount_tmpfs(1 << 20, false).take()).ok());
  REQUIRE(mount("/made/up/place", mount_tmpfs(1 << 20, true).take()).ok());
  REQUIRE(mkdir(place, "/m/in", 0755).ok());

  REQUIRE(path_of(walk(place, "/abs/c/../..", kWalkFollow)) == "/a");
  REQUIRE(path_of(walk(place, "/a/rel", kWalkFollow)) == "/a/b/c");
  REQUIRE(path_of(walk(place, "/a/rel", 0)) == "/a/rel");
  REQUIRE(path_of(walk(place, "/a/rel/", 0)) == "/a/b/c");
  REQUIRE(path_of(walk(place, "//a///b/./up/in", kWalkFollow)) == "/m/in");
  REQUIRE(path_of(walk(place, "/m/in/../..", kWalkFollow)) == "/");
  REQUIRE(path_of(walk(place, "/../../a", kWalkFollow)) == "/a");
  REQUIRE(path_of(walk(place, "/made/up/place/../place", kWalkFollow)) == "/made/up/place");
  REQUIRE(error_of(walk(place, "/loop1", kWalkFollow)) == 40);
  REQUIRE(path_of(walk(place, "/loop1", 0)) == "/loop1");
  REQUIRE(error_of(walk(place, "/dangling", kWalkFollow)) == 2);
  REQUIRE(error_of(walk(place, "", kWalkFollow)) == 2);
  REQUIRE(error_of(walk(place, "/" + std::string(256, 'n'), kWalkFollow)) == 36);
  REQUIRE(error_of(walk(place, "/abs/c", kWalkFollow | kWalkNoSymlinks)) == 40);
  const Place inside{root(), walk(place, "/a", 0).take()};
  REQUIRE(path_of(walk(inside, "b/c", kWalkFollow | kWalkBeneath)) == "/a/b/c");
  REQUIRE(error_of(walk(inside, "b/../..", kWalkFollow | kWalkBeneath)) == 18);
  REQUIRE(error_of(walk(inside, "/a/b", kWalkFollow | kWalkBeneath)) == 18);
  REQUIRE(path_of(walk(inside, "/../b/c", kWalkFollow | kWalkInRoot)) == "/a/b/c");
  REQUIRE(error_of(walk(place, "/m/in", kWalkFollow | kWalkNoCrossing)) == 18);

  REQUIRE(error_of(mkdir(place, "/made/up/place/x", 0755)) == 30);
  REQUIRE(error_of(unlink(place, "/m", true)) == 16);
  REQUIRE(error_of(rename(place, "/a", place, "/m/a", 0)) == 18);
  REQUIRE(error_of(open(place, "/dangling", kWriteOnly | kCreate, 0644)) == 2);
  REQUIRE(symlink(place, "/creates", "a/made").ok());
  REQUIRE(fs::test::write_file(place, "/creates", "through a link") == 0);
  REQUIRE(fs::test::read_file(place, "/a/made") == "through a link");

  // Whoever works below a directory that moves, moves along.
  auto deep = walk(place, "/a/b/c", 0).take();
  REQUIRE(rename(place, "/a", place, "/z", 0).ok());
  REQUIRE(path_of(Ref<Dentry>(deep)) == "/z/b/c");
  REQUIRE(path_of(walk({root(), deep}, "../..", kWalkFollow)) == "/z");
  REQUIRE(unlink(place, "/z/b/c", true).ok());
  REQUIRE(path_of(Ref<Dentry>(deep)) == "/z/b/c (deleted)");
}

TEST_CASE("hostfs is asked for whole paths, and links lead through the guest's mounts", "[fs][walk][hostfs]") {
  fs::test::Tree tree;
  using fs::test::host_objects;
  host_objects = {{"usr", {kDirectoryType | 0755, ""}},       {"usr/lib", {kDirectoryType | 0755, ""}},
                  {"usr/lib/x", {kDirectoryType | 0755, ""}}, {"usr/lib/x/file", {kRegular | 0644, ""}},
                  {"lib", {kSymlink | 0777, "usr/lib"}},      {"var", {kDirectoryType | 0755, ""}},
                  {"var/run", {kSymlink | 0777, "/run"}},     {"run", {kDirectoryType | 0755, ""}},
                  {"run/host", {kRegular | 0644, ""}},        {"usr/lib/link", {kSymlink | 0777, "x/file"}}};
  mount_root({});
  mount_root(Dentry::make_root(mount_hostfs(9, true).take()).take());
  const Place place = tree.place();
  auto usr = walk(place, "/usr", kWalkFollow).take();
  fs::test::host_requests = 0;
  REQUIRE(path_of(walk({root(), usr}, "lib/x/file", kWalkFollow)) == "/usr/lib/x/file");
  REQUIRE(fs::test::host_requests == 1);
  REQUIRE(path_of(walk(place, "/lib/x/file", kWalkFollow)) == "/usr/lib/x/file");
  // The second time it is known that /lib was a link: it is asked for alone, its text is not asked for, the rest is.
  fs::test::host_requests = 0;
  REQUIRE(path_of(walk(place, "/lib/x/file", kWalkFollow)) == "/usr/lib/x/file");
  REQUIRE(fs::test::host_requests == 2);
  // Another link in its place is another link.
  host_objects["lib"].target = "run";
  REQUIRE(path_of(walk(place, "/lib/host", kWalkFollow)) == "/run/host");
  host_objects["lib"].target = "usr/lib";
  REQUIRE(path_of(walk(place, "/usr/lib/link", kWalkFollow)) == "/usr/lib/x/file");
  REQUIRE(path_of(walk(place, "/usr/lib/link", 0)) == "/usr/lib/link");
  REQUIRE(error_of(walk(place, "/usr/lib/x/file/more", kWalkFollow)) == 20);
  REQUIRE(error_of(walk(place, "/usr/none/file", kWalkFollow)) == 2);
  REQUIRE(path_of(walk(place, "/var/run/host", kWalkFollow)) == "/run/host");
  REQUIRE(error_of(mkdir(place, "/usr/new", 0755)) == 30);

  // A mount in a read-only root, on a name that is there and on one that is not; through a link, too.
  REQUIRE(mount("/run", mount_tmpfs(1 << 20, false).take()).ok());
  REQUIRE(mount("/usr/fresh/mount", mount_tmpfs(1 << 20, false).take()).ok());
  REQUIRE(error_of(walk(place, "/var/run/host", kWalkFollow)) == 2);
  REQUIRE(fs::test::write_file(place, "/var/run/pid", "1") == 0);
  REQUIRE(fs::test::read_file(place, "/run/pid") == "1");
  REQUIRE(fs::test::write_file(place, "/usr/fresh/mount/f", "2") == 0);
  fs::test::host_requests = 0;
  REQUIRE(path_of(walk(place, "/usr/lib/x/file", kWalkFollow)) == "/usr/lib/x/file");
  REQUIRE(fs::test::host_requests == 1);  // nothing is mounted on this way
  mount_root({});
  host_objects.clear();
}
