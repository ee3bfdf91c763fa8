// Opcode tables, one character per opcode: what follows it.
//
//   -  not in 64-bit mode      P  legacy prefix       R  REX                  E  EVEX        X  VEX, 3 or 2 bytes
//   N  nothing                 M  ModRM               b  imm8                 B  ModRM, imm8
//   z  imm16/32                Z  ModRM, imm16/32     w  imm16                e  ENTER: imm16, imm8
//   v  imm16/32/64             o  absolute address    j  rel8                 J  rel32
//   3  F6: imm8 for /0 /1      7  F7: imm16/32 too    p  8F: POP or XOP       c  C7: Z, but XBEGIN
//   2 8 A  escapes             C  ModRM that names registers only (MOV CR)    S  0F 78: EXTRQ with two imm8
#include "kernel/arch/x86_64/linked/instruction_length.hpp"

namespace baryon::arch {
namespace {

constexpr char kOneByte[] =
    "MMMMbz--MMMMbz-2"   // 00
    "MMMMbz--MMMMbz--"   // 10
    "MMMMbzP-MMMMbzP-"   // 20
    "MMMMbzP-MMMMbzP-"   // 30
    "RRRRRRRRRRRRRRRR"   // 40
    "NNNNNNNNNNNNNNNN"   // 50
    "--EMPPPPzZbBNNNN"   // 60
    "jjjjjjjjjjjjjjjj"   // 70
    "BZ-BMMMMMMMMMMMp"   // 80
    "NNNNNNNNNN-NNNNN"   // 90
    "ooooNNNNbzNNNNNN"   // a0
    "bbbbbbbbvvvvvvvv"   // b0
    "BBwNXXBceNwNNb-N"   // c0
    "MMMM---NMMMMMMMM"   // d0
    "jjjjbbbbJJ-jNNNN"   // e0
    "PNPPNN37NNNNNNMM";  // f0

constexpr char kTwoByte[] =
    "MMMM-NNNNN-N-MNB"   // 00
    "MMMMMMMMMMMMMMMM"   // 10
    "CCCC----MMMMMMMM"   // 20
    "NNNNNN-N8-A-----"   // 30
    "MMMMMMMMMMMMMMMM"   // 40
    "MMMMMMMMMMMMMMMM"   // 50
    "MMMMMMMMMMMMMMMM"   // 60
    "BBBBMMMNSM--MMMM"   // 70
    "JJJJJJJJJJJJJJJJ"   // 80
    "MMMMMMMMMMMMMMMM"   // 90
    "NNNMBM--NNNMBMMM"   // a0
    "MMMMMMMMMMBMMMMM"   // b0
    "MMBMBBBMNNNNNNNN"   // c0
    "MMMMMMMMMMMMMMMM"   // d0
    "MMMMMMMMMMMMMMMM"   // e0
    "MMMMMMMMMMMMMMMM";  // f0
static_assert(sizeof(kOneByte) == 257 && sizeof(kTwoByte) == 257);

constexpr u8 kLongest = 15;

class Decoder {
 public:
  explicit Decoder(std::span<const u8> bytes)
      : bytes_(bytes.first(bytes.size() < kLongest ? bytes.size() : kLongest)) {}

  std::optional<Instruction> run() {
    char kind = prefixes();
    switch (kind) {
      case '2': kind = two_byte(); break;
      case 'E': kind = evex(); break;
      case 'X': kind = vex(); break;
      case 'p': kind = (peek() & 0x38) == 0 ? 'M' : xop(); break;
      default: break;
    }
    if (kind == '-' || bad_) return std::nullopt;
    operands(kind);
    if (bad_) return std::nullopt;
    out_.length = static_cast<u8>(at_);
    return out_;
  }

 private:
  u8 peek() {
    if (at_ < bytes_.size()) return bytes_[at_];
    bad_ = true;
    return 0;
  }
  u8 next() {
    const u8 byte = peek();
    ++at_;
    return byte;
  }
  void skip(unsigned count) {
    at_ += count;
    if (at_ > bytes_.size()) bad_ = true;
  }
  char take_opcode(OpcodeMap map, const char* table) {
    out_.map = map;
    out_.opcode_at = static_cast<u8>(at_);
    out_.opcode = next();
    return table ? table[out_.opcode] : 'M';
  }

  char prefixes() {
    for (;;) {
      const u8 byte = peek();
      if (bad_) return '-';
      const char kind = kOneByte[byte];
      if (kind == 'P') {
        out_.has_prefix = true;
        rex_ = 0;  // counts only right before the opcode
        if (byte == 0x66) operand16_ = true;
        if (byte == 0x67) out_.address32 = true;
        if (byte == 0xf2) repne_ = true;
        skip(1);
      } else if (kind == 'R') {
        rex_ = byte;
        skip(1);
      } else {
        return take_opcode(OpcodeMap::one_byte, kOneByte);
      }
    }
  }

  char two_byte() {
    const char kind = take_opcode(OpcodeMap::two_byte, kTwoByte);
    if (kind == '8') return take_opcode(OpcodeMap::three_byte_38, nullptr);
    if (kind == 'A') return take_opcode(OpcodeMap::three_byte_3a, nullptr), 'B';
    return kind;
  }

  char extended(unsigned map) {
    switch (map) {
      case 1: {
        const char kind = take_opcode(OpcodeMap::extended, kTwoByte);
        return kind == 'M' || kind == 'B' || out_.opcode == 0x77 ? kind : kind == 'S' ? 'M' : '-';
      }
      case 2:
      case 5:
      case 6: return take_opcode(OpcodeMap::extended, nullptr);
      case 3: return take_opcode(OpcodeMap::extended, nullptr), 'B';
      default: return '-';
    }
  }
  char vex() {
    if (out_.opcode == 0xc5) {
      skip(1);
      return extended(1);
    }
    const unsigned map = next() & 0x1f;
    skip(1);
    return map <= 3 ? extended(map) : '-';
  }
  char evex() {
    const unsigned map = next() & 7;
    skip(2);
    return extended(map);
  }
  char xop() {
    const unsigned map = next() & 0x1f;
    skip(1);
    if (map < 8 || map > 10) return '-';
    take_opcode(OpcodeMap::extended, nullptr);
    operand16_ = false;
    return map == 8 ? 'B' : map == 9 ? 'M' : 'Z';
  }

  void modrm() {
    out_.has_modrm = true;
    out_.modrm = next();
    const u8 mod = out_.modrm >> 6, rm = out_.modrm & 7;
    if (mod == 3) return;
    if (rm == 4) {
      const u8 sib = next();
      if (mod == 0 && (sib & 7) == 5) skip(4);
    } else if (mod == 0 && rm == 5) {
      out_.rip_relative = true;
      out_.displacement_at = static_cast<u8>(at_);
      skip(4);
    }
    if (mod == 1) skip(1);
    if (mod == 2) skip(4);
  }
  unsigned immediate_size() const { return operand16_ && !(rex_ & 8) ? 2 : 4; }

  void operands(char kind) {
    switch (kind) {
      case 'N': break;
      case 'M': modrm(); break;
      case 'C':
        out_.has_modrm = true;
        out_.modrm = next();
        break;
      case 'b': skip(1); break;
      case 'B':
        modrm();
        skip(1);
        break;
      case 'z': skip(immediate_size()); break;
      case 'Z':
        modrm();
        skip(immediate_size());
        break;
      case 'c':
        modrm();
        skip(immediate_size());
        if (out_.modrm == 0xf8) out_.relative_size = 4;  // XBEGIN
        break;
      case 'w': skip(2); break;
      case 'e': skip(3); break;
      case 'v': skip(rex_ & 8 ? 8 : immediate_size()); break;
      case 'o': skip(out_.address32 ? 4 : 8); break;
      case 'j': relative(1); break;
      case 'J': relative(4); break;
      case '3':
        modrm();
        if ((out_.modrm & 0x30) == 0) skip(1);
        break;
      case '7':
        modrm();
        if ((out_.modrm & 0x30) == 0) skip(immediate_size());
        break;
      case 'S':
        modrm();
        if (operand16_ || repne_) skip(2);
        break;
      default: bad_ = true;
    }
  }
  // With an operand-size prefix the makers disagree about the target's size (SDM and APM on JMP): no instruction.
  void relative(unsigned size) {
    out_.relative_size = static_cast<u8>(size);
    skip(size);
    if (operand16_ && !(rex_ & 8)) bad_ = true;
  }

  std::span<const u8> bytes_;
  std::size_t at_ = 0;
  bool bad_ = false;
  bool operand16_ = false, repne_ = false;
  u8 rex_ = 0;
  Instruction out_;
};

}  // namespace

std::optional<Instruction> decode_instruction(std::span<const u8> bytes) { return Decoder(bytes).run(); }

bool is_invalid_opcode(u8 opcode) {
  switch (opcode) {
    // PUSH and POP of segment registers, BCD arithmetic, PUSHA, POPA, far CALL and JMP, INTO, the alias of group 1
    // (SDM volume 2, appendix A, superscript i64). D5 is left out: it is the REX2 prefix of newer processors.
    case 0x06:
    case 0x07:
    case 0x0e:
    case 0x16:
    case 0x17:
    case 0x1e:
    case 0x1f:
    case 0x27:
    case 0x2f:
    case 0x37:
    case 0x3f:
    case 0x60:
    case 0x61:
    case 0x82:
    case 0x9a:
    case 0xce:
    case 0xd4:
    case 0xd6:
    case 0xea: return true;
    default: return false;
  }
}

}  // namespace baryon::arch
