// Plans over real programs' sites, and stubs that are really executed: the test's own process plays the kernel, with
// an entry routine behind %gs that makes the system call by the instruction.
#include <catch2/catch.hpp>

#include <asm/prctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "kernel/arch/x86_64/linked/rewrite_plan.hpp"
#include "kernel/arch/x86_64/linked/test/text_section.hpp"

using namespace baryon;
using namespace baryon::arch;
using Kind = RewritePlan::Kind;
using Bytes = std::vector<u8>;

namespace {

constexpr u32 kEntryOffset = 88;
constexpr u32 kGetpid = 39, kGetppid = 110;

RewritePlan plan(const Bytes& before, const Bytes& after, u64 number) { return plan_rewrite(before, after, number); }

// What the kernel's entry does, seen from the program.
extern "C" void baryon_test_entry();
asm(".text\n"
    "baryon_test_entry:\n"
    "  mov %rcx, %gs:8\n"
    "  syscall\n"
    "  mov %gs:8, %rcx\n"
    "  mov $0x1111, %r11d\n"
    "  jmp *%rcx\n");

struct GsBlock {
  u64 words[32] = {};
  u64 old = 0;
  GsBlock() {
    words[kEntryOffset / 8] = reinterpret_cast<u64>(&baryon_test_entry);
    syscall(SYS_arch_prctl, ARCH_GET_GS, &old);
    syscall(SYS_arch_prctl, ARCH_SET_GS, words);
  }
  ~GsBlock() { syscall(SYS_arch_prctl, ARCH_SET_GS, old); }
};

u8* map_at(u64 address, u64 size) {
  void* got = mmap(reinterpret_cast<void*>(address), size, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  return got == MAP_FAILED ? nullptr : static_cast<u8*>(got);
}

// A function in generated code, rewritten in place. #UD in it is led to the stub as the kernel does.
class Site {
 public:
  static inline Site* active = nullptr;

  Site(const Bytes& code, unsigned site_offset, u64 number) {
    text = map_at(kText, 2 * 4096);
    REQUIRE(text);
    std::memcpy(text, code.data(), code.size());
    site = kText + site_offset;
    made = plan_rewrite({text, site_offset}, {text + site_offset + kSyscallLength, 4096}, number);
  }
  ~Site() {
    active = nullptr;
    munmap(text, 2 * 4096);
    if (stub_page != nullptr) munmap(stub_page, 4096);
  }

  // False if no address suits.
  bool rewrite() {
    const u64 patch = site - made.patch_back;
    for (const i32 far : {0x61000000, 0x3f000000, 0x16000000, 0x07000000}) {
      for (i32 step = 0; step < 0x0100'0000; step += static_cast<i32>(kStubSize)) {
        const u64 stub_address = align_down(patch + kJumpLength + static_cast<u64>(far + step) + kStubSize, kStubSize);
        const i32 distance = static_cast<i32>(stub_address - patch - kJumpLength);
        if (!displacement_fits(made, distance)) continue;
        stub_page = map_at(align_down(stub_address, 4096), 4096);
        if (stub_page == nullptr) continue;
        const auto code = make_stub(made, site, stub_address, kEntryOffset);
        REQUIRE(code);
        stub = *code;
        stub_at = stub_address;
        std::memcpy(reinterpret_cast<u8*>(stub_address), code->code, code->size);
        u8* at = text + (patch - kText);
        *at = 0xe9;
        std::memcpy(at + 1, &distance, 4);
        active = this;
        return true;
      }
    }
    return false;
  }
  u64 redirect(u64 pc) const {
    for (unsigned i = 0; i < made.displaced_count; ++i)
      if (pc == site + made.start[i]) return stub_at + stub.copy[i];
    return 0;
  }

  static constexpr u64 kText = 0x2000'0000'0000;
  u8* text;
  u8* stub_page = nullptr;
  u64 site, stub_at = 0;
  RewritePlan made;
  RewriteStub stub;
};

volatile int redirected = 0;
void on_illegal(int, siginfo_t*, void* raw) {
  auto& registers = static_cast<ucontext_t*>(raw)->uc_mcontext.gregs;
  const u64 copy = Site::active != nullptr ? Site::active->redirect(static_cast<u64>(registers[REG_RIP])) : 0;
  if (copy == 0) std::abort();
  registers[REG_RIP] = static_cast<greg_t>(copy);
  redirected = redirected + 1;
}

struct IllegalHandler {
  struct sigaction old;
  IllegalHandler() {
    struct sigaction action = {};
    action.sa_sigaction = on_illegal;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, &old);
  }
  ~IllegalHandler() { sigaction(SIGILL, &old, nullptr); }
};

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
const Bytes kSyscallBytes = {0x0f, 0x05};
const Bytes kLoadNumber = {0x48, 0x89, 0xf8};  // mov %rdi, %rax

// Not by a C++ call: a sanitizer would look for its mark in front of the function. The red zone is skipped.
long call(const Site& site, long rdi, long rsi = 0) {
  long result;
  asm volatile("lea -128(%%rsp), %%rsp\n call *%3\n lea 128(%%rsp), %%rsp"
               : "=a"(result), "+D"(rdi), "+S"(rsi)
               : "r"(site.text)
               : "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "memory", "cc");
  return result;
}

}  // namespace

TEST_CASE("a loaded number makes an immediate site", "[rewrite_plan]") {
  const Bytes ret = {0xc3, 0x90, 0x90, 0x90};
  auto p = plan({0x90, 0xb8, 39, 0, 0, 0}, ret, 39);
  CHECK(p.kind == Kind::immediate);
  CHECK(p.patch_back == 5);
  p = plan({0x90, 0x48, 0xc7, 0xc0, 39, 0, 0, 0}, ret, 39);
  CHECK(p.kind == Kind::immediate);
  CHECK(p.patch_back == 7);
  CHECK(plan({0x90, 0xb8, 39, 0, 0, 0}, ret, 40).kind == Kind::displaced);  // another number was called
  CHECK(plan({0xb8, 39, 0, 0, 0}, {}, 39).kind == Kind::immediate);         // nothing behind is needed
  CHECK(plan({39, 0, 0, 0}, {}, 39).kind == Kind::refused);
}

TEST_CASE("bytes that only look like a loaded number do not count", "[rewrite_plan]") {
  const Bytes cmp = {0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff};
  CHECK(plan({0x41, 0xb8, 39, 0, 0, 0}, cmp, 39).kind == Kind::displaced);                 // mov $39, %r8d
  CHECK(plan({0xc7, 0x45, 0xb8, 39, 0, 0, 0}, cmp, 39).kind == Kind::displaced);           // movl $39, -0x48(%rbp)
  CHECK(plan({0xc7, 0x44, 0x24, 0xb8, 39, 0, 0, 0}, cmp, 39).kind == Kind::displaced);     // movl $39, -0x48(%rsp)
  CHECK(plan({0x49, 0x8d, 0xb8, 39, 0, 0, 0}, cmp, 39).kind == Kind::displaced);           // lea 39(%r8), %rdi
  CHECK(plan({0x48, 0xb8, 1, 2, 3, 0xb8, 39, 0, 0, 0}, cmp, 39).kind == Kind::displaced);  // movabs
  CHECK(plan({0x49, 0x48, 0xc7, 0xc0, 39, 0, 0, 0}, cmp, 39).kind == Kind::displaced);     // a prefix in front
}

TEST_CASE("what cannot be moved is refused", "[rewrite_plan]") {
  CHECK(plan({}, {0xc3}, 39).kind == Kind::refused);                    // memory ends
  CHECK(plan({}, {0x0f, 0x05, 0xc3, 0xc3}, 39).kind == Kind::refused);  // another SYSCALL
  CHECK(plan({}, {0xcc, 0x90, 0x90}, 39).kind == Kind::refused);        // breakpoint
  CHECK(plan({}, {0xcd, 0x80, 0x90}, 39).kind == Kind::refused);
  CHECK(plan({}, {0x0f, 0x0b, 0x90}, 39).kind == Kind::refused);
  CHECK(plan({}, {0xe3, 0x05, 0x90}, 39).kind == Kind::refused);  // jrcxz
  CHECK(plan({}, {0xe2, 0x05, 0x90}, 39).kind == Kind::refused);  // loop
  CHECK(plan({}, {0xff, 0xd0, 0x90}, 39).kind == Kind::refused);  // call *%rax
  CHECK(plan({}, {0x90, 0x06, 0x90}, 39).kind == Kind::refused);  // no instruction
}

TEST_CASE("every displaced instruction's first byte becomes an invalid opcode", "[rewrite_plan]") {
  const auto one = plan({}, {0x48, 0x3d, 1, 2, 3, 4}, 39);
  CHECK(one.trapping == 0b0010);
  CHECK(one.displaced_length == 6);
  const auto two = plan({}, {0xc3, 0x48, 0x89, 0xc0}, 39);
  CHECK(two.trapping == 0b0110);
  CHECK(two.displaced_length == 4);
  const auto three = plan({}, {0x50, 0x51, 0x52}, 39);
  CHECK(three.trapping == 0b1110);
  const auto last = plan({}, {0x85, 0xc0, 0x74, 0x05}, 39);
  CHECK(last.trapping == 0b1010);
  CHECK(displacement_fits(three, 0x3f3f3f00));
  CHECK_FALSE(displacement_fits(three, 0x3f3f4000));
  CHECK_FALSE(displacement_fits(three, 0x3f403f00));
  CHECK_FALSE(displacement_fits(three, 0x403f3f00));
  CHECK(displacement_fits(one, 0x00000655));
}

TEST_CASE("rewritten sites do what they did", "[rewrite_plan]") {
  GsBlock gs;
  IllegalHandler handler;
  struct Shape {
    const char* name;
    Bytes before, after;
  };
  // Entered with RDI = number (where no immediate is loaded); the result goes back in RAX.
  const Shape shapes[] = {
      {"mov32; ret", {0xb8, kGetpid, 0, 0, 0}, {0xc3}},
      {"mov64; ret", {0x48, 0xc7, 0xc0, kGetpid, 0, 0, 0}, {0xc3}},
      {"ret", kLoadNumber, {0xc3, 0x90, 0x90, 0x90}},
      {"ret, then zeros", kLoadNumber, {0xc3, 0x00, 0x00, 0x00}},
      {"add; ret", kLoadNumber, {0x48, 0x83, 0xc0, 0x05, 0xc3}},
      {"cmp; jae short; ret",
       kLoadNumber,
       {0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff, 0x73, 0x01, 0xc3, 0x48, 0xf7, 0xd8, 0xc3}},
      {"test; js short; ret", kLoadNumber, {0x85, 0xc0, 0x78, 0x01, 0xc3, 0x31, 0xc0, 0xc3}},
      {"test; jns short; ret", kLoadNumber, {0x85, 0xc0, 0x79, 0x03, 0x31, 0xc0, 0xc3, 0xff, 0xc0, 0xc3}},
      {"jns near", kLoadNumber, {0x0f, 0x89, 0x01, 0x00, 0x00, 0x00, 0xc3, 0x90, 0xc3}},
      {"jmp short forwards", kLoadNumber, {0xeb, 0x02, 0x31, 0xc0, 0x90, 0xff, 0xc0, 0xc3}},
      {"jmp near", kLoadNumber, {0xe9, 0x01, 0x00, 0x00, 0x00, 0xc3, 0xff, 0xc0, 0xc3}},
      {"call; ret", kLoadNumber, {0xe8, 0x01, 0x00, 0x00, 0x00, 0xc3, 0xff, 0xc0, 0x48, 0x8b, 0x14, 0x24, 0xc3}},
      {"nop; call; ret", kLoadNumber, {0x90, 0xe8, 0x01, 0x00, 0x00, 0x00, 0xc3, 0xff, 0xc0, 0xc3}},
      {"push; pop; ret", kLoadNumber, {0x50, 0x5a, 0x48, 0x8d, 0x42, 0x01, 0xc3}},
      {"nops; ret", kLoadNumber, {0x90, 0x90, 0x90, 0x90, 0xc3}},
      // RIP-relative: add the bytes at the target, add an immediate to them, take their address.
      {"add rip; ret", kLoadNumber, {0x48, 0x03, 0x05, 0x01, 0, 0, 0, 0xc3, 5, 0, 0, 0, 0, 0, 0, 0}},
      {"cmpl imm rip; sete", kLoadNumber, {0x81, 0x3d, 0x04, 0, 0, 0, 5, 0, 0, 0, 0x0f, 0x94, 0xc0, 0xc3, 5, 0, 0, 0}},
      {"lea rip; ret", kLoadNumber, {0x48, 0x8d, 0x05, 0x10, 0, 0, 0, 0xc3}},
      {"movabs", kLoadNumber, {0x48, 0xba, 1, 2, 3, 4, 5, 6, 7, 8, 0x48, 0x01, 0xd0, 0xc3}},
      {"vector", kLoadNumber, {0x66, 0x48, 0x0f, 0x6e, 0xc0, 0x66, 0x48, 0x0f, 0x7e, 0xc0, 0xc3}},
  };
  for (const Shape& shape : shapes) {
    INFO(shape.name);
    const Bytes code = shape.before + kSyscallBytes + shape.after;
    Site site(code, static_cast<unsigned>(shape.before.size()), kGetpid);
    REQUIRE(site.made.kind != Kind::refused);
    const long expected = call(site, kGetpid);
    REQUIRE(site.rewrite());
    redirected = 0;
    for (int i = 0; i < 3; ++i) CHECK(call(site, kGetpid) == expected);
    CHECK(redirected == 0);
  }
}

TEST_CASE("jumps into a rewritten site do what the original bytes say", "[rewrite_plan]") {
  GsBlock gs;
  IllegalHandler handler;
  // mov %rdi,%rax; cmp $2,%esi; je 2f; cmp $3,%esi; je 3f; cmp $1,%esi; je 1f; 1: syscall; 2: ret; 3: neg %rax; ret
  const Bytes before = {0x48, 0x89, 0xf8, 0x83, 0xfe, 0x02, 0x74, 0x0c, 0x83,
                        0xfe, 0x03, 0x74, 0x08, 0x83, 0xfe, 0x01, 0x74, 0x00};
  Site site(before + kSyscallBytes + Bytes{0xc3, 0x48, 0xf7, 0xd8, 0xc3}, static_cast<unsigned>(before.size()),
            kGetpid);
  REQUIRE(site.made.kind == Kind::displaced);
  REQUIRE(site.made.displaced_count == 2);
  REQUIRE(site.rewrite());
  redirected = 0;
  CHECK(call(site, kGetpid, 0) == getpid());
  CHECK(call(site, kGetppid, 1) == getppid());
  CHECK(redirected == 0);
  CHECK(call(site, 1234, 2) == 1234);
  CHECK(redirected == 1);
  CHECK(call(site, 1234, 3) == -1234);
  CHECK(redirected == 2);
}

TEST_CASE("a stub says which original address each of its own stands for", "[rewrite_plan]") {
  const auto moved = plan({}, {0x90, 0x48, 0x3d, 1, 2, 3, 4}, 39);
  const auto stub = make_stub(moved, 0x400000, 0x10'000'000, kEntryOffset);
  REQUIRE(stub);
  std::vector<std::pair<int, int>> points;
  for (unsigned i = 0; i < stub->point_count; ++i)
    points.emplace_back(stub->points[i].offset, stub->points[i].original);
  CHECK(points == std::vector<std::pair<int, int>>{{0, 0}, {7, 0}, {15, 2}, {16, 3}, {22, 9}});
  CHECK(stub->size == 27);
  const auto loaded = plan({0xb8, 39, 0, 0, 0}, {}, 39);
  const auto other = make_stub(loaded, 0x400000, 0x10'000'000, kEntryOffset);
  REQUIRE(other);
  CHECK(other->points[0].original == -5);
  CHECK(other->points[1].offset == 5);
  CHECK(other->size == 20);
  CHECK_FALSE(make_stub(moved, 0x400000, 0x4'0000'0000, kEntryOffset));  // out of reach
}

TEST_CASE("sites of real programs are planned along instruction boundaries", "[rewrite_plan]") {
  REQUIRE(std::system("command -v llvm-objdump-19 >/dev/null") == 0);
  for (const char* path : {"/bin/busybox", "/bin/bash-static", "/usr/bin/go"}) {
    INFO(path);
    const test::TextSection text = test::read_text(path);
    REQUIRE(!text.bytes.empty());
    const std::string command =
        std::string("llvm-objdump-19 -d -j .text --no-show-raw-insn --no-leading-headers ") + path;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    REQUIRE(pipe);
    std::unordered_set<u64> boundaries;
    std::vector<u64> sites;
    char line[1024];
    while (std::fgets(line, sizeof line, pipe.get()) != nullptr) {
      unsigned long long address;
      int end = 0;
      if (std::sscanf(line, " %llx: %n", &address, &end) != 1 || end == 0) continue;
      boundaries.insert(address);
      if (std::strncmp(line + end, "syscall", 7) == 0) sites.push_back(address);
    }
    REQUIRE(sites.size() > 10);
    unsigned refused = 0, immediate = 0;  // refused: either way
    for (const u64 site : sites) {
      INFO(std::hex << site);
      const u64 offset = site - text.address;
      const std::span<const u8> before(text.bytes.data(), offset);
      const std::span<const u8> after = std::span(text.bytes).subspan(offset + kSyscallLength);
      // By displacement, whatever is loaded before.
      const auto moved = plan_rewrite({}, after, ~u64{0});
      for (unsigned i = 0; i < moved.displaced_count; ++i) CHECK(boundaries.contains(site + moved.start[i]));
      if (moved.kind == Kind::displaced) CHECK(boundaries.contains(site + kSyscallLength + moved.displaced_length));
      // By immediate, if a MOV is there: it starts an instruction.
      u32 number = 0;
      std::memcpy(&number, text.bytes.data() + offset - 4, 4);
      const auto loaded = plan_rewrite(before, after, number);
      if (loaded.kind == Kind::immediate) {
        ++immediate;
        CHECK(boundaries.contains(site - loaded.patch_back));
      }
      if (loaded.kind == Kind::refused) ++refused;
    }
    WARN(path << ": " << sites.size() << " sites, " << immediate << " immediate, " << refused << " refused");
    CHECK(refused * 5 < sites.size());
  }
}
