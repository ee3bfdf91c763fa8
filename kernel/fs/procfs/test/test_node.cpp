// The machinery of /proc and /sys on a small tree of its own, and the formats that need no process.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "kernel/fs/procfs/tables.hpp"
#include "kernel/fs/vfs.hpp"
#include "kernel/sched/test/fixture.hpp"

using namespace baryon;
using namespace baryon::fs;
using namespace baryon::fs::proc;

namespace {

int generation = 0;
std::string stored;

Result<void> count_text(const Subject&, String& out) { return out.appendf("generation %d\n", ++generation); }
Result<void> index_text(const Subject& subject, String& out) { return out.appendf("%u", subject.index); }
Result<void> store(const Subject&, std::string_view bytes) {
  if (bytes == "bad") return Errno::inval;
  stored = bytes;
  return {};
}
Result<void> link_text(const Subject&, String& out) { return out.append("d/count"); }
Result<void> long_text(const Subject&, String& out) {
  for (int i = 0; i < 2000; ++i) TRY(out.appendf("%06d\n", i));
  return {};
}

constexpr Node kNumber = file("", index_text);
constexpr u32 kNumbers = 100;
Result<Ref<Inode>> number_lookup(const NodeInode& directory, std::string_view name) {
  Subject subject;
  subject.index = TRY(parse_number(name));
  if (subject.index >= kNumbers) return Errno::noent;
  return NodeInode::make(directory.fs(), kNumber, std::move(subject));
}
Result<void> number_list(const NodeInode&, u64 cookie, DirectorySink& sink) {
  for (u32 i = cookie < DynamicNames::kFirst ? 0 : static_cast<u32>(cookie - DynamicNames::kFirst + 1); i < kNumbers;
       ++i) {
    Subject subject;
    subject.index = i;
    if (!list_number(sink, "", i, node_number(kNumber, subject), kNumber.mode)) return {};
  }
  return {};
}
constexpr DynamicNames kNames = {.lookup = number_lookup, .list = number_list};
constexpr Node kInner[] = {file("count", count_text), file("long", long_text), writable_file("set", count_text, store)};
constexpr Node kOuter[] = {directory("d", kInner), link("l", link_text)};
constexpr Node kTree = directory("", kOuter, &kNames);

Place make_tree() {
  Ref<FileSystem> fs = make_ref<NodeFs>("test", u64{1}, false).take();
  Ref<Dentry> root = Dentry::make_root(NodeInode::make(*fs, kTree, {}).take()).take();
  return {root, root};
}

std::string read_some(File& file, u64 length) {
  std::string bytes(length, '\0');
  IoBuffer buffer = IoBuffer::kernel(bytes.data(), length);
  auto count = file.read(buffer);
  REQUIRE(count.ok());
  bytes.resize(count.value());
  return bytes;
}

std::string list_text(u64 mask) {
  String text;
  REQUIRE(append_list(mask, text).ok());
  return std::string(text.view());
}

// Takes a few entries a time, as a small getdents buffer does.
class SmallSink final : public DirectorySink {
 public:
  explicit SmallSink(std::vector<std::string>& names) : names_(names) {}
  bool entry(std::string_view name, u64, u8, u64) override {
    if (room_ == 0) return false;
    --room_;
    names_.emplace_back(name);
    return true;
  }

 private:
  std::vector<std::string>& names_;
  int room_ = 7;
};

}  // namespace

TEST_CASE("a text is made at the start and stays the same for the rest of a pass") {
  const Place place = make_tree();
  generation = 0;
  Ref<File> file = fs::open(place, "/d/count", kReadOnly, 0).take();
  CHECK(generation == 0);
  CHECK(read_some(*file, 4) == "gene");
  CHECK(read_some(*file, 100) == "ration 1\n");
  CHECK(read_some(*file, 100).empty());
  REQUIRE(file->seek(0, kSeekSet).ok());
  CHECK(read_some(*file, 100) == "generation 2\n");
  CHECK(file->seek(0, kSeekEnd).error().code() == Errno::inval);
  char byte;
  IoBuffer far = IoBuffer::kernel(&byte, 1);
  CHECK(file->read_from(far, 1 << 20).value() == 0);
}

TEST_CASE("a text longer than a page arrives whole") {
  const Place place = make_tree();
  Ref<File> file = fs::open(place, "/d/long", kReadOnly, 0).take();
  std::string all;
  for (std::string part; !(part = read_some(*file, 1000)).empty();) all += part;
  CHECK(all.size() == 14000);
  CHECK(all.substr(0, 7) == "000000\n");
  CHECK(all.substr(13993) == "001999\n");
}

TEST_CASE("writing goes to files that take it") {
  sched::test::Machine machine;  // a writer has limits
  const Place place = make_tree();
  Ref<File> file = fs::open(place, "/d/set", kWriteOnly | kTruncate, 0).take();
  auto write = [&](File& to, std::string_view text) {
    IoBuffer buffer = IoBuffer::kernel(text.data(), text.size());
    return to.write(buffer);
  };
  CHECK(write(*file, "value").value() == 5);
  CHECK(stored == "value");
  CHECK(write(*file, "bad").error().code() == Errno::inval);
  CHECK(stored == "value");
  CHECK(write(*file, std::string(4096, 'x')).error().code() == Errno::inval);
  Ref<File> fixed = fs::open(place, "/d/count", kWriteOnly, 0).take();
  CHECK(write(*fixed, "value").error().code() == Errno::io);
}

TEST_CASE("names: tables, numbers, links") {
  const Place place = make_tree();
  CHECK(fs::open(place, "/d/none", kReadOnly, 0).error().code() == Errno::noent);
  CHECK(fs::open(place, "/d/count/x", kReadOnly, 0).error().code() == Errno::notdir);
  CHECK(fs::open(place, "/d/new", kWriteOnly | kCreate, 0600).error().code() == Errno::acces);
  CHECK(fs::mkdir(place, "/d/new", 0700).error().code() == Errno::perm);
  CHECK(fs::unlink(place, "/d/count", false).error().code() == Errno::perm);
  CHECK(fs::open(place, "/100", kReadOnly, 0).error().code() == Errno::noent);
  CHECK(fs::open(place, "/007", kReadOnly, 0).error().code() == Errno::noent);
  Ref<File> seven = fs::open(place, "/7", kReadOnly, 0).take();
  CHECK(read_some(*seven, 10) == "7");
  Ref<Dentry> linked = walk(place, "/l", kWalkFollow).take();
  Ref<Dentry> direct = walk(place, "/d/count", kWalkFollow).take();
  CHECK(linked == direct);
  Ref<Dentry> eight = walk(place, "/8", 0).take();
  CHECK_FALSE(eight->inode().same(seven->dentry()->inode()));
  CHECK(eight->inode().number() != seven->dentry()->inode().number());
}

TEST_CASE("a listing in pieces names everything once") {
  const Place place = make_tree();
  Ref<File> top = fs::open(place, "/", kReadOnly | kDirectory, 0).take();
  std::vector<std::string> names;
  u64 position = 0;
  for (std::size_t before = 1; before != names.size();) {
    before = names.size();
    SmallSink sink(names);
    REQUIRE(top->read_directory(sink, position).ok());
  }
  std::vector<std::string> want = {".", "..", "d", "l"};
  for (u32 i = 0; i < kNumbers; ++i) want.push_back(std::to_string(i));
  CHECK(names == want);
}

TEST_CASE("processor lists") {
  CHECK(list_text(0) == "\n");
  CHECK(list_text(1) == "0\n");
  CHECK(list_text(0xf) == "0-3\n");
  CHECK(list_text(0xd) == "0,2-3\n");
  CHECK(list_text(~u64{0}) == "0-63\n");
  CHECK(list_text(u64{1} << 63 | 2) == "1,63\n");
}

TEST_CASE("numbers as names") {
  CHECK(parse_number("0").value() == 0);
  CHECK(parse_number("32767").value() == 32767);
  for (const char* bad : {"", "00", "01", "-1", "+1", "1 ", "1x", "self", "1000000000", "99999999999999999999"})
    CHECK_FALSE(parse_number(bad).ok());
}
