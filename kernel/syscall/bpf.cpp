#include "kernel/syscall/bpf.hpp"

#include <cstring>

namespace baryon::syscall::bpf {
namespace {

// linux/bpf_common.h, linux/filter.h.
enum : u16 {
  kLd = 0x00,
  kLdx = 0x01,
  kSt = 0x02,
  kStx = 0x03,
  kAlu = 0x04,
  kJmp = 0x05,
  kRet = 0x06,
  kMisc = 0x07,
  kImm = 0x00,
  kAbs = 0x20,
  kMem = 0x60,
  kLen = 0x80,
  kAdd = 0x00,
  kSub = 0x10,
  kMul = 0x20,
  kDiv = 0x30,
  kOr = 0x40,
  kAnd = 0x50,
  kLsh = 0x60,
  kRsh = 0x70,
  kNeg = 0x80,
  kXor = 0xa0,
  kJa = 0x00,
  kJeq = 0x10,
  kJgt = 0x20,
  kJge = 0x30,
  kJset = 0x40,
  kX = 0x08,
  kA = 0x10,
  kTax = 0x00,
  kTxa = 0x80,
};
constexpr u32 kMemoryWords = 16;

bool check_jump(const Instruction& i, u64 left) {
  if (i.code == (kJmp | kJa)) return i.k < left;
  switch (i.code & ~kX) {
    case kJmp | kJeq:
    case kJmp | kJgt:
    case kJmp | kJge:
    case kJmp | kJset: return i.jump_true < left && i.jump_false < left;
    default: return false;
  }
}

bool check_alu(const Instruction& i) {
  if (i.code == (kAlu | kNeg)) return true;
  const bool constant = (i.code & kX) == 0;
  switch (i.code & ~kX) {
    case kAlu | kAdd:
    case kAlu | kSub:
    case kAlu | kMul:
    case kAlu | kAnd:
    case kAlu | kOr:
    case kAlu | kXor: return true;
    case kAlu | kDiv: return !constant || i.k != 0;
    case kAlu | kLsh:
    case kAlu | kRsh: return !constant || i.k < 32;
    default: return false;
  }
}

bool check_one(const Instruction& i, u64 left) {
  switch (i.code) {
    case kLd | kAbs: return i.k < sizeof(Data) && i.k % 4 == 0;
    case kLd | kMem:
    case kLdx | kMem:
    case kSt:
    case kStx: return i.k < kMemoryWords;
    case kLd | kLen:
    case kLdx | kLen:
    case kLd | kImm:
    case kLdx | kImm:
    case kRet:
    case kRet | kA:
    case kMisc | kTax:
    case kMisc | kTxa: return true;
    default: break;
  }
  if ((i.code & 7) == kAlu) return check_alu(i);
  if ((i.code & 7) == kJmp) return check_jump(i, left);
  return false;
}

// False: a division by zero, which ends the program with 0.
bool compute(u16 operation, u32& a, u32 operand) {
  switch (operation) {
    case kAdd: a += operand; break;
    case kSub: a -= operand; break;
    case kMul: a *= operand; break;
    case kDiv:
      if (operand == 0) return false;
      a /= operand;
      break;
    case kOr: a |= operand; break;
    case kAnd: a &= operand; break;
    case kXor: a ^= operand; break;
    case kLsh: a = operand < 32 ? a << operand : 0; break;
    case kRsh: a = operand < 32 ? a >> operand : 0; break;
    case kNeg: a = 0 - a; break;
    default: break;
  }
  return true;
}

bool compare(u16 operation, u32 a, u32 operand) {
  switch (operation) {
    case kJeq: return a == operand;
    case kJgt: return a > operand;
    case kJge: return a >= operand;
    default: return (a & operand) != 0;
  }
}

}  // namespace

bool check(std::span<const Instruction> program) {
  if (program.empty() || program.size() > kMaxInstructions) return false;
  for (u64 at = 0; at < program.size(); ++at)
    if (!check_one(program[at], program.size() - at - 1)) return false;
  const u16 last = program.back().code;
  return last == kRet || last == (kRet | kA);
}

u32 run(std::span<const Instruction> program, const Data& data) {
  u32 a = 0, x = 0;
  u32 memory[kMemoryWords] = {};
  for (u64 at = 0; at < program.size(); ++at) {
    const Instruction& i = program[at];
    const u32 operand = (i.code & kX) != 0 ? x : i.k;
    switch (i.code) {
      case kLd | kAbs: std::memcpy(&a, reinterpret_cast<const u8*>(&data) + i.k, sizeof a); continue;
      case kLd | kMem: a = memory[i.k]; continue;
      case kLdx | kMem: x = memory[i.k]; continue;
      case kSt: memory[i.k] = a; continue;
      case kStx: memory[i.k] = x; continue;
      case kLd | kLen: a = sizeof(Data); continue;
      case kLdx | kLen: x = sizeof(Data); continue;
      case kLd | kImm: a = i.k; continue;
      case kLdx | kImm: x = i.k; continue;
      case kRet: return i.k;
      case kRet | kA: return a;
      case kMisc | kTax: x = a; continue;
      case kMisc | kTxa: a = x; continue;
      case kJmp | kJa: at += i.k; continue;
      default: break;
    }
    if ((i.code & 7) == kJmp) at += compare(i.code & 0xf0, a, operand) ? i.jump_true : i.jump_false;
    else if (!compute(i.code & 0xf0, a, operand)) return 0;
  }
  return 0;
}

}  // namespace baryon::syscall::bpf
