#include "kernel/arch/x86_64/linked/rewrite_plan.hpp"

namespace baryon::arch {
namespace {

// True if some instruction could end at the end of `before` and begin ahead of its last `length` bytes.
bool is_ambiguous(std::span<const u8> before, unsigned length) {
  for (std::size_t longer = length + 1; longer <= before.size() && longer <= 15; ++longer) {
    const auto instruction = decode_instruction(before.last(longer));
    if (instruction && instruction->length == longer) return true;
  }
  return false;
}

u32 load32(const u8* from) {
  u32 value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

bool plan_immediate(RewritePlan& plan, std::span<const u8> before, u64 number) {
  const u8* end = before.data() + before.size();
  if (before.size() >= 7 && end[-7] == 0x48 && end[-6] == 0xc7 && end[-5] == 0xc0 &&
      static_cast<u64>(static_cast<i64>(static_cast<i32>(load32(end - 4)))) == number && number <= 0x7fff'ffff) {
    plan.patch_back = 7;
  } else if (before.size() >= 5 && end[-5] == 0xb8 && load32(end - 4) == number) {
    plan.patch_back = 5;
  } else {
    return false;
  }
  if (is_ambiguous(before, plan.patch_back)) return false;
  plan.kind = RewritePlan::Kind::immediate;
  plan.number = static_cast<u32>(number);
  return true;
}

enum class Motion { copy, jump, condition, call, refuse };

// How an instruction moves. Refused: what would make the copy visible (a software interrupt's saved RIP, an indirect
// call's return address), short branches without a long form, and SYSCALL itself.
Motion motion_of(const Instruction& i) {
  const bool one = i.map == OpcodeMap::one_byte, two = i.map == OpcodeMap::two_byte;
  if (i.relative_size != 0) {
    if (i.has_prefix) return Motion::refuse;
    if (one && (i.opcode == 0xe9 || i.opcode == 0xeb)) return Motion::jump;
    if (one && i.opcode == 0xe8) return Motion::call;
    if ((one && (i.opcode & 0xf0) == 0x70) || (two && (i.opcode & 0xf0) == 0x80)) return Motion::condition;
    return Motion::refuse;  // LOOP, JRCXZ, XBEGIN
  }
  if (i.rip_relative && i.address32) return Motion::refuse;
  if (one && (i.opcode == 0xcc || i.opcode == 0xcd || i.opcode == 0xf1 || i.opcode == 0xf4)) return Motion::refuse;
  if (one && i.opcode == 0xff && ((i.modrm >> 3 & 7) == 2 || (i.modrm >> 3 & 7) == 3)) return Motion::refuse;
  if (two && (i.opcode == 0x05 || i.opcode == 0x0b || i.opcode == 0x34 || i.opcode == 0x35 || i.opcode == 0x07))
    return Motion::refuse;
  return Motion::copy;
}

bool plan_displaced(RewritePlan& plan, std::span<const u8> after) {
  unsigned at = 0;
  while (at < kJumpLength - kSyscallLength) {
    const auto instruction = decode_instruction(after.subspan(at));
    if (!instruction || motion_of(*instruction) == Motion::refuse) return false;
    const unsigned start = kSyscallLength + at;
    plan.start[plan.displaced_count] = static_cast<u8>(start);
    plan.instruction[plan.displaced_count++] = *instruction;
    plan.trapping |= static_cast<u8>(1u << (start - 1));
    at += instruction->length;
  }
  plan.displaced_length = static_cast<u8>(at);
  __builtin_memcpy(plan.code, after.data(), at);
  plan.kind = RewritePlan::Kind::displaced;
  return true;
}

class StubWriter {
 public:
  StubWriter(const RewritePlan& plan, u64 site, u64 stub) : plan_(plan), site_(site), stub_(stub) {}

  std::optional<RewriteStub> run(u32 entry_offset) {
    const bool immediate = plan_.kind == RewritePlan::Kind::immediate;
    if (immediate) {
      point(-static_cast<int>(plan_.patch_back));
      byte(0xb8), word(plan_.number);  // mov $NR, %eax
    }
    point(0);
    bytes({0x48, 0x8d, 0x0d});  // lea …(%rip), %rcx
    // entered with RCX = where to go on
    constexpr unsigned kEntryJump = 8;
    relative(immediate ? site_ + kSyscallLength : stub_ + at_ + 4 + kEntryJump);
    point(0);
    bytes({0x65, 0xff, 0x24, 0x25}), word(entry_offset);  // jmp *%gs:entry
    if (!immediate) {
      for (unsigned i = 0; i < plan_.displaced_count; ++i) copy(i);
      point(static_cast<int>(kSyscallLength + plan_.displaced_length));
      byte(0xe9), relative(site_ + kSyscallLength + plan_.displaced_length);  // jmp back
    }
    if (bad_) return std::nullopt;
    out_.size = static_cast<u8>(at_);
    return out_;
  }

 private:
  void byte(u8 value) {
    if (at_ < kStubSize) out_.code[at_++] = value;
    else bad_ = true;
  }
  void bytes(std::initializer_list<u8> values) {
    for (const u8 value : values) byte(value);
  }
  void word(u32 value) {
    for (unsigned i = 0; i < 4; ++i) byte(static_cast<u8>(value >> 8 * i));
  }
  // A 32-bit distance to `target` from behind itself and `behind` more bytes of the instruction.
  void relative(u64 target, unsigned behind = 0) {
    const i64 distance = static_cast<i64>(target - (stub_ + at_ + 4 + behind));
    if (distance != static_cast<i32>(distance)) bad_ = true;
    word(static_cast<u32>(distance));
  }
  void point(int original) {
    out_.points[out_.point_count++] = {static_cast<u8>(at_), static_cast<signed char>(original)};
  }

  void copy(unsigned index) {
    const Instruction& i = plan_.instruction[index];
    const u8 start = plan_.start[index];
    const u8* code = plan_.code + (start - kSyscallLength);
    out_.copy[index] = static_cast<u8>(at_);
    point(start);
    switch (motion_of(i)) {
      case Motion::copy:
        if (!i.rip_relative) {
          for (unsigned k = 0; k < i.length; ++k) byte(code[k]);
          return;
        }
        for (unsigned k = 0; k < i.displacement_at; ++k) byte(code[k]);
        relative(site_ + start + i.length + load_signed(code + i.displacement_at), i.length - i.displacement_at - 4u);
        for (unsigned k = i.displacement_at + 4u; k < i.length; ++k) byte(code[k]);
        return;
      case Motion::jump: byte(0xe9), relative(target(i, start, code)); return;
      case Motion::condition:
        bytes({0x0f, static_cast<u8>(0x80 | (i.opcode & 0xf))}), relative(target(i, start, code));
        return;
      case Motion::call: {
        // The return address on the stack is the original one; no flag changes.
        const u64 back = site_ + start + i.length;
        byte(0x68), word(static_cast<u32>(back));                             // push $low (sign-extended)
        bytes({0xc7, 0x44, 0x24, 0x04}), word(static_cast<u32>(back >> 32));  // movl $high, 4(%rsp)
        byte(0xe9), relative(target(i, start, code));
        return;
      }
      case Motion::refuse: bad_ = true;
    }
  }
  static u64 load_signed(const u8* from) { return static_cast<u64>(static_cast<i64>(static_cast<i32>(load32(from)))); }
  u64 target(const Instruction& i, u8 start, const u8* code) const {
    const u64 distance = i.relative_size == 4
                             ? load_signed(code + i.length - 4)
                             : static_cast<u64>(static_cast<i64>(static_cast<signed char>(code[i.length - 1])));
    return site_ + start + i.length + distance;
  }

  const RewritePlan& plan_;
  u64 site_, stub_;
  unsigned at_ = 0;
  bool bad_ = false;
  RewriteStub out_;
};

}  // namespace

RewritePlan plan_rewrite(std::span<const u8> before, std::span<const u8> after, u64 number) {
  if (before.size() > kBytesBefore) before = before.last(kBytesBefore);
  if (after.size() > kBytesAfter) after = after.first(kBytesAfter);
  RewritePlan plan;
  if (plan_immediate(plan, before, number)) return plan;
  plan = {};
  if (plan_displaced(plan, after)) return plan;
  return {};
}

bool displacement_fits(const RewritePlan& plan, i32 displacement) {
  for (unsigned i = 0; i < 4; ++i)
    if ((plan.trapping >> i & 1) != 0 && !is_invalid_opcode(static_cast<u8>(static_cast<u32>(displacement) >> 8 * i)))
      return false;
  return true;
}

std::optional<RewriteStub> make_stub(const RewritePlan& plan, u64 site, u64 stub, u32 entry_offset) {
  if (plan.kind == RewritePlan::Kind::refused) return std::nullopt;
  return StubWriter(plan, site, stub).run(entry_offset);
}

}  // namespace baryon::arch
