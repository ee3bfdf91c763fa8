// The length decoder against llvm-objdump over whole programs, and opcodes against this processor.
#include <catch2/catch.hpp>

#include <elf.h>
#include <signal.h>
#include <sys/mman.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "kernel/arch/x86_64/linked/instruction_length.hpp"
#include "kernel/arch/x86_64/linked/test/text_section.hpp"

using namespace baryon;
using namespace baryon::arch;

namespace {

std::optional<Instruction> decode(std::initializer_list<u8> bytes) {
  const std::vector<u8> v(bytes);
  return decode_instruction(v);
}
unsigned length(std::initializer_list<u8> bytes) {
  const auto i = decode(bytes);
  return i ? i->length : 0;
}

// Addresses and mnemonics as llvm-objdump sees them.
struct Line {
  u64 address;
  std::string text;
};
std::vector<Line> disassemble(const std::string& path) {
  const std::string command =
      "llvm-objdump-19 -d -j .text --no-show-raw-insn --no-leading-headers " + path + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  REQUIRE(pipe);
  std::vector<Line> lines;
  char text[1024];
  while (std::fgets(text, sizeof text, pipe.get()) != nullptr) {
    unsigned long long address;
    int end = 0;
    if (std::sscanf(text, " %llx: %n", &address, &end) != 1 || end == 0) continue;
    std::string mnemonic = text + end;
    mnemonic.erase(mnemonic.find_last_not_of(" \t\n") + 1);
    lines.push_back({address, mnemonic});
  }
  return lines;
}

// Compares every instruction's length with the distance to the next address. Prefixes that llvm-objdump prints as a
// line of their own ("lock", "rep", "data16", …) join with what follows. `vector_only`: of a library that keeps tables
// in its text, which nobody decodes alike; only what reads as VEX or EVEX.
void compare(const std::string& path, bool vector_only = false) {
  INFO(path);
  const test::TextSection text = test::read_text(path);
  REQUIRE(!text.bytes.empty());
  const std::vector<Line> lines = disassemble(path);
  REQUIRE(lines.size() > 10'000);
  std::size_t compared = 0, differing = 0;
  std::string first;
  for (std::size_t i = 0; i + 1 < lines.size();) {
    std::size_t next = i + 1;
    auto is_bare_prefix = [&](const std::string& t) {
      for (const char* p : {"lock", "rep", "repne", "data16", "rex64", "addr32", "cs", "ds", "es", "ss", "fs", "gs"})
        if (t == p) return true;
      return false;
    };
    if (lines[i].text.empty() || lines[i].text.find("<unknown>") != std::string::npos ||
        lines[i].text.find("(bad)") != std::string::npos) {
      i = next;
      continue;
    }
    if (vector_only && lines[i].text[0] != 'v') {
      i = next;
      continue;
    }
    while (next + 1 < lines.size() && is_bare_prefix(lines[next - 1].text)) ++next;
    const u64 offset = lines[i].address - text.address;
    REQUIRE(offset < text.bytes.size());
    if (text.bytes[offset] == 0xd5) {  // REX2 of APX, in tables: no program here uses it, and the decoder refuses it
      i = next;
      continue;
    }
    const auto instruction = decode_instruction(std::span(text.bytes).subspan(offset));
    ++compared;
    const u64 expected = lines[next].address - lines[i].address;
    if (!instruction || instruction->length != expected) {
      if (differing++ == 0) {
        char where[256];
        std::snprintf(where, sizeof where, "%llx: %s decoded %d, expected %d",
                      static_cast<unsigned long long>(lines[i].address), lines[i].text.c_str(),
                      instruction ? instruction->length : 0, static_cast<int>(expected));
        first = where;
      }
    }
    i = next;
  }
  INFO(first);
  CHECK(differing == 0);
  CHECK(compared > 10'000);
}

sigjmp_buf trap_return;
volatile int trap_signal = 0;
void on_trap(int signal) {
  trap_signal = signal;
  siglongjmp(trap_return, 1);
}

}  // namespace

TEST_CASE("lengths of single instructions", "[instruction_length]") {
  CHECK(length({0x90}) == 1);
  CHECK(length({0xc3}) == 1);
  CHECK(length({0x0f, 0x05}) == 2);
  CHECK(length({0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff}) == 6);
  CHECK(length({0x48, 0x83, 0xf8, 0xff}) == 4);
  CHECK(length({0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}) == 10);
  CHECK(length({0x66, 0xb8, 1, 2}) == 4);
  CHECK(length({0x66, 0x48, 0x05, 1, 2, 3, 4}) == 7);  // REX.W wins over 66
  CHECK(length({0x48, 0x66, 0x05, 1, 2}) == 5);        // REX not in front of the opcode counts for nothing
  CHECK(length({0xa1, 1, 2, 3, 4, 5, 6, 7, 8}) == 9);
  CHECK(length({0x67, 0xa1, 1, 2, 3, 4}) == 6);
  CHECK(length({0xc8, 0x10, 0x00, 0x01}) == 4);
  CHECK(length({0xf6, 0xc1, 0x04}) == 3);
  CHECK(length({0xf6, 0xd1}) == 2);
  CHECK(length({0xf7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8}) == 10);
  CHECK(length({0xc5, 0xf8, 0x77}) == 3);  // vzeroupper
  CHECK(length({0xc4, 0xe3, 0x7d, 0x39, 0xc1, 0x01}) == 6);
  CHECK(length({0x62, 0xf1, 0x7c, 0x48, 0x10, 0x44, 0x24, 0x01}) == 8);
  CHECK(length({0x0f, 0x20, 0x04}) == 3);              // mov %cr0: the ModRM names registers whatever its mod
  CHECK(length({0xc7, 0xf8, 1, 2, 3, 4}) == 6);        // xbegin
  CHECK(length({0x8f, 0xe9, 0x78, 0x12, 0xc1}) == 5);  // XOP
  CHECK(length({0x8f, 0xc0}) == 2);                    // pop
  CHECK(length({0x0f, 0x0f, 0xc1, 0x9e}) == 4);        // 3DNow!
}

TEST_CASE("incomplete and impossible bytes are no instruction", "[instruction_length]") {
  CHECK(length({}) == 0);
  CHECK(length({0x48}) == 0);
  CHECK(length({0x0f}) == 0);
  CHECK(length({0xe8, 1, 2, 3}) == 0);
  CHECK(length({0x48, 0x8b, 0x05, 1, 2, 3}) == 0);
  CHECK(length({0x06}) == 0);
  CHECK(length({0xea, 1, 2, 3, 4, 5, 6}) == 0);
  CHECK(length({0x66, 0xe9, 1, 2, 3, 4}) == 0);  // the makers disagree
  CHECK(length({0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90}) == 0);
}

TEST_CASE("what a relocation needs to know", "[instruction_length]") {
  auto i = decode({0x48, 0x8d, 0x3d, 1, 2, 3, 4});
  REQUIRE(i);
  CHECK(i->rip_relative);
  CHECK(i->displacement_at == 3);
  i = decode({0x81, 0x3d, 1, 2, 3, 4, 5, 6, 7, 8});
  REQUIRE(i);
  CHECK(i->rip_relative);
  CHECK(i->displacement_at == 2);
  i = decode({0x48, 0x8b, 0x04, 0x25, 1, 2, 3, 4});  // SIB with an absolute address
  REQUIRE(i);
  CHECK_FALSE(i->rip_relative);
  CHECK(decode({0x74, 0x05})->relative_size == 1);
  CHECK(decode({0x0f, 0x84, 1, 2, 3, 4})->relative_size == 4);
  CHECK(decode({0xe3, 0x05})->relative_size == 1);
  CHECK(decode({0xc3})->relative_size == 0);
}

TEST_CASE("every instruction of real programs has the length that llvm-objdump says", "[instruction_length]") {
  REQUIRE(std::system("command -v llvm-objdump-19 >/dev/null") == 0);
  compare("/bin/busybox");
  compare("/bin/bash");
  compare("/usr/bin/go");
  compare("/lib/x86_64-linux-gnu/libcrypto.so.3", true);
}

TEST_CASE("the chosen opcodes raise #UD on this processor, whatever follows", "[instruction_length]") {
  auto* page =
      static_cast<u8*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(page != MAP_FAILED);
  struct sigaction action = {}, old_ill = {}, old_segv = {}, old_trap = {}, old_bus = {};
  action.sa_handler = on_trap;
  action.sa_flags = SA_NODEFER;
  sigaction(SIGILL, &action, &old_ill);
  sigaction(SIGSEGV, &action, &old_segv);
  sigaction(SIGTRAP, &action, &old_trap);
  sigaction(SIGBUS, &action, &old_bus);
  unsigned tried = 0;
  static volatile unsigned wrong;
  wrong = 0;
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    if (!is_invalid_opcode(static_cast<u8>(opcode))) continue;
    for (unsigned follow = 0; follow < 256; ++follow) {
      std::memset(page, 0xcc, 32);
      page[0] = static_cast<u8>(opcode);
      page[1] = static_cast<u8>(follow);
      trap_signal = 0;
      if (sigsetjmp(trap_return, 1) == 0) asm volatile("call *%0" ::"r"(page) : "memory");
      if (trap_signal != SIGILL) wrong = wrong + 1;
      ++tried;
    }
  }
  sigaction(SIGILL, &old_ill, nullptr);
  sigaction(SIGSEGV, &old_segv, nullptr);
  sigaction(SIGTRAP, &old_trap, nullptr);
  sigaction(SIGBUS, &old_bus, nullptr);
  munmap(page, 4096);
  CHECK(tried == 19 * 256);
  CHECK(wrong == 0);
}
