#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <string>

#include "kernel/exec/test/elf_builder.hpp"

using namespace baryon;
using namespace baryon::exec;

namespace {

ElfBuilder good() {
  ElfBuilder b;
  b.headers = {
      TestHeader{},
      TestHeader{.flags = 6, .offset = 0x1000, .address = 0x402000, .file_size = 0x800, .memory_size = 0x2345}};
  return b;
}

// The reason for refusing a spoilt file; "" if it was accepted.
std::string refusal(const std::function<void(ElfBuilder&)>& spoil) {
  ElfBuilder b = good();
  spoil(b);
  ElfImage image;
  ElfError error;
  if (parse(b.build(), image, error)) return "";
  REQUIRE(error.code == Errno::noexec);
  REQUIRE(*error.reason);
  return error.reason;
}

}  // namespace

TEST_CASE("a plain program is understood") {
  ElfImage image;
  ElfError error;
  REQUIRE(parse(good().build(), image, error));
  REQUIRE_FALSE(image.position_independent);
  REQUIRE_FALSE(image.has_interpreter);
  REQUIRE(image.entry == 0x400100);
  REQUIRE(image.segment_count == 2);
  REQUIRE(image.low == 0x400000);
  REQUIRE(image.high == 0x405000);
  REQUIRE(image.headers_address == 0x400040);
  REQUIRE(image.segments[0].prot == 5);
  REQUIRE(image.segments[1].prot == 3);
  REQUIRE(image.segments[1].memory_size == 0x2345);
}

TEST_CASE("interpreter, stack flags and position independence are seen") {
  ElfBuilder b = good();
  b.type = 3;
  b.headers.push_back({.type = 3, .offset = 0x2000, .file_size = 20});
  b.headers.push_back({.type = 0x6474e551, .flags = 7});
  ElfImage image;
  ElfError error;
  REQUIRE(parse(b.build(), image, error));
  REQUIRE(image.position_independent);
  REQUIRE(image.has_interpreter);
  REQUIRE(image.interpreter_offset == 0x2000);
  REQUIRE(image.interpreter_size == 20);
  REQUIRE(image.executable_stack);
}

TEST_CASE("every spoilt field is refused with its reason") {
  REQUIRE(refusal([](auto&) {}) == "");
  REQUIRE(refusal([](auto& b) { b.size = 0; }) == "not an ELF file");
  REQUIRE(refusal([](auto& b) { b.size = 40; }) == "ELF header truncated");
  REQUIRE(refusal([](auto& b) { b.machine = 183; }) == "ELF file for another architecture");
  REQUIRE(refusal([](auto& b) { b.type = 1; }) == "ELF file is not an executable");
  REQUIRE(refusal([](auto& b) { b.type = 4; }) == "ELF file is not an executable");
  REQUIRE(refusal([](auto& b) { b.header_size = 32; }) != "");
  REQUIRE(refusal([](auto& b) { b.headers.clear(); }) != "");
  REQUIRE(refusal([](auto& b) { b.headers.resize(300); }) != "");
  REQUIRE(refusal([](auto& b) { b.table_offset = u64{1} << 62; }).find("truncated") != std::string::npos);
  REQUIRE(refusal([](auto& b) { b.size = 0x1400; }).find("truncated") != std::string::npos);
  REQUIRE(refusal([](auto& b) { b.headers[1].file_size = 0x4000; }) ==
          "a segment is larger in the file than in memory");
  REQUIRE(refusal([](auto& b) { b.headers[1].offset = ~u64{0} - 0xfff; }) != "");
  REQUIRE(refusal([](auto& b) { b.headers[1].memory_size = ~u64{0}; }) == "a segment lies outside the address space");
  REQUIRE(refusal([](auto& b) { b.headers[1].address = 0x7fff'ffff'f000; }) ==
          "a segment lies outside the address space");
  REQUIRE(refusal([](auto& b) { b.headers[1].address = 0xffff'ffff'8000'0000; }) ==
          "a segment lies outside the address space");
  REQUIRE(refusal([](auto& b) { b.headers[1].address = 0x402010; }) ==
          "a segment's file offset and address differ within the page");
  REQUIRE(refusal([](auto& b) { b.headers[1].alignment = 0x3000; }) == "a segment's alignment is no power of two");
  REQUIRE(refusal([](auto& b) { b.headers[1].address = 0x400000; }) ==
          "segments overlap or are not in ascending order");
  REQUIRE(refusal([](auto& b) {
            b.headers[0].type = 0;
            b.headers[1].type = 0;
          }) == "no loadable segment");
  REQUIRE(refusal([](auto& b) { b.entry = 0x403000; }) == "the entry point lies in no executable segment");
  REQUIRE(refusal([](auto& b) { b.entry = 0; }) == "the entry point lies in no executable segment");
  REQUIRE(refusal([](auto& b) { b.headers.push_back({.type = 3, .offset = 0x2000, .file_size = 1}); }) ==
          "implausible program interpreter");
  REQUIRE(refusal([](auto& b) {
            for (u64 i = 0; i < 70; i++)
              b.headers.push_back({.flags = 4, .address = 0x500000 + i * 0x1000, .file_size = 0, .memory_size = 1});
            b.size = 0x8000;
          }) == "too many loadable segments");
}

TEST_CASE("what is accepted is consistent, whatever the bytes") {
  std::mt19937 random(7);
  u64 accepted = 0;
  for (int round = 0; round < 50000; round++) {
    std::vector<u8> file = good().build();
    for (int i = random() % 4; i >= 0; i--)
      file[random() % 176] = static_cast<u8>(random() % 3 ? random() : random() % 8);
    if (random() % 8 == 0) file.resize(random() % file.size());
    ElfImage image;
    ElfError error;
    if (!parse(file, image, error)) continue;
    accepted++;
    u64 last = 0;
    for (u32 i = 0; i < image.segment_count; i++) {
      const ElfSegment& s = image.segments[i];
      REQUIRE(s.memory_size >= s.file_size);
      REQUIRE(s.address >= last);
      REQUIRE((s.file_size == 0 || s.file_offset + s.file_size <= file.size()));
      last = align_up(s.address + s.memory_size, kPageSize);
      REQUIRE(last <= 0x7fff'ffff'f000);
    }
    REQUIRE(image.high == last);
  }
  REQUIRE(accepted > 100);
}
