#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <string>

#include "kernel/exec/program_loader.hpp"
#include "kernel/exec/test/elf_builder.hpp"
#include "kernel/exec/test/memory_source.hpp"
#include "kernel/mm/test/fake_ram.hpp"

using namespace baryon;
using namespace baryon::exec;

namespace {

ElfBuilder program() {
  ElfBuilder b;
  b.headers = {
      TestHeader{},
      TestHeader{.flags = 6, .offset = 0x1000, .address = 0x402000, .file_size = 0x800, .memory_size = 0x2345}};
  return b;
}

std::vector<u8> read(mm::AddressSpace& space, VirtAddr at, u64 length) {
  std::vector<u8> out(length);
  u64 done = 0;
  while (done < length) {
    abi::Segment s[4];
    u64 covered = 0;
    auto count = space.segments(at + done, length - done, false, s, covered);
    REQUIRE(count.ok());
    for (u32 i = 0; i < count.value(); i++) {
      std::memcpy(out.data() + done, mm::phys_to_virt(s[i].gpa), s[i].length);
      done += s[i].length;
    }
  }
  return out;
}
u64 word(mm::AddressSpace& space, VirtAddr at) {
  u64 value;
  std::memcpy(&value, read(space, at, 8).data(), 8);
  return value;
}
std::string text(mm::AddressSpace& space, VirtAddr at) {
  std::string out;
  for (;; at++) {
    char c = static_cast<char>(read(space, at, 1)[0]);
    if (!c) return out;
    out += c;
  }
}

struct Loaded {
  mm::FakeRam ram{64 << 20};
  Ref<mm::AddressSpace> space = mm::AddressSpace::create(0).take();
  Ref<ByteSource> source;
  Result<LoadedProgram> result = Errno::inval;
  const char* reason = nullptr;
  Loaded(const ElfBuilder& b, std::vector<const char*> arguments = {"prog"}, std::vector<const char*> environment = {},
         u64 seed = 0) {
    LoadRequest request;
    request.file = source = memory_source(b.build());
    request.path = "/bin/prog";
    request.arguments = arguments;
    request.environment = environment;
    request.seed = seed;
    for (u8 i = 0; i < 16; i++) request.random[i] = static_cast<u8>(i + 1);
    result = load_program(*space, request, reason);
  }
};

}  // namespace

TEST_CASE("segments hold the file's bytes, the rest is zero") {
  for (auto policy : {abi::PagePolicy::eager, abi::PagePolicy::demand}) {
    mm::set_page_policy(policy);
    ElfBuilder b = program();
    Loaded l(b);
    REQUIRE(l.result.ok());
    auto file = b.build();
    REQUIRE(read(*l.space, 0x400000, 0x1000) == std::vector<u8>(file.begin(), file.begin() + 0x1000));
    REQUIRE(read(*l.space, 0x402000, 0x800) == std::vector<u8>(file.begin() + 0x1000, file.begin() + 0x1800));
    REQUIRE(read(*l.space, 0x402800, 0x2800) == std::vector<u8>(0x2800));
    REQUIRE(l.result.value().entry == 0x400100);
    REQUIRE(l.space->heap_start() == 0x405000);
  }
}

TEST_CASE("the stack is laid out as the ABI says") {
  Loaded l(program(), {"prog", "one", ""}, {"A=1", "HOME=/"});
  REQUIRE(l.result.ok());
  mm::AddressSpace& space = *l.space;
  VirtAddr sp = l.result.value().stack_pointer;
  REQUIRE(sp % 16 == 0);
  REQUIRE(word(space, sp) == 3);
  REQUIRE(text(space, word(space, sp + 8)) == "prog");
  REQUIRE(text(space, word(space, sp + 16)) == "one");
  REQUIRE(text(space, word(space, sp + 24)).empty());
  REQUIRE(word(space, sp + 32) == 0);
  REQUIRE(text(space, word(space, sp + 40)) == "A=1");
  REQUIRE(text(space, word(space, sp + 48)) == "HOME=/");
  REQUIRE(word(space, sp + 56) == 0);
  std::map<u64, u64> auxv;
  VirtAddr at = sp + 64;
  for (; word(space, at); at += 16) auxv[word(space, at)] = word(space, at + 8);
  REQUIRE(auxv[3] == 0x400040);  // AT_PHDR
  REQUIRE(auxv[4] == 56);
  REQUIRE(auxv[5] == 2);
  REQUIRE(auxv[6] == 4096);
  REQUIRE(auxv[9] == 0x400100);
  REQUIRE(read(space, auxv[25], 16) == std::vector<u8>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  REQUIRE(text(space, auxv[31]) == "/bin/prog");
  REQUIRE(text(space, auxv[15]) == "x86_64");
  REQUIRE(auxv.contains(51));
  REQUIRE_FALSE(auxv.contains(33));  // no vDSO was given
  REQUIRE(space.program.auxv_start == sp + 64);
  REQUIRE(space.program.auxv_end == at + 16);
  auto arguments = read(space, space.program.arg_start, space.program.arg_end - space.program.arg_start);
  REQUIRE(std::string(arguments.begin(), arguments.end()) == std::string("prog\0one\0\0", 10));
}

TEST_CASE("position-independent programs move with the seed, aligned") {
  ElfBuilder b = program();
  b.type = 3;
  for (auto& h : b.headers) h.address -= 0x400000;
  b.entry = 0x100;
  REQUIRE(Loaded(b).result.value().entry == 0x5555'5555'4100);  // one at a time: the direct map is global
  for (u64 seed : {u64{0x123456789abcdef}, ~u64{0}}) {
    Loaded moved(b, {"prog"}, {}, seed);
    REQUIRE(moved.result.ok());
    REQUIRE(moved.result.value().entry % kPageSize == 0x100);
    REQUIRE(moved.result.value().entry != VirtAddr{0x5555'5555'4100});
    auto file = b.build();
    REQUIRE(read(*moved.space, moved.result.value().entry, 64) ==
            std::vector<u8>(file.begin() + 0x100, file.begin() + 0x140));
  }
}

TEST_CASE("programs that cannot run are refused with a reason") {
  ElfBuilder dynamic = program();
  dynamic.headers.push_back({.type = 3, .offset = 0x2000, .file_size = 20});
  {
    Loaded l(dynamic);  // what the file holds there is no name
    REQUIRE(l.result.error().code() == Errno::noexec);
    REQUIRE(std::string(l.reason).find("has no end") != std::string::npos);
  }
  ElfBuilder low = program();
  low.headers = {TestHeader{.address = 0x1000}};
  low.entry = 0x1100;
  REQUIRE(Loaded(low).result.error().code() == Errno::noexec);
  std::string long_argument(200 << 10, 'x');
  REQUIRE(Loaded(program(), {long_argument.c_str()}).result.error().code() == Errno::toobig);
  std::string argument(100 << 10, 'x');
  REQUIRE(Loaded(program(), std::vector<const char*>(40, argument.c_str())).result.error().code() == Errno::toobig);
  REQUIRE(Loaded(program(), std::vector<const char*>(15, argument.c_str())).result.ok());
  ElfBuilder huge = program();
  huge.headers[1].memory_size = u64{1} << 38;  // more than this sandbox has
  REQUIRE(Loaded(huge).result.error().code() == Errno::nomem);
  huge.headers[1].memory_size = kLargestSegment + 1;  // more than any sandbox can have
  REQUIRE(Loaded(huge).result.error().code() == Errno::noexec);
}
