// Decodes one 64-bit mode instruction as far as moving it needs: length, and where a displacement relative to RIP or
// a branch target lies. SDM volume 2, chapter 2 and appendix A; no state, no memory access beyond the span.
#pragma once

#include <optional>
#include <span>

#include "kernel/base/types.hpp"

namespace baryon::arch {

enum class OpcodeMap : u8 { one_byte, two_byte, three_byte_38, three_byte_3a, extended };  // extended: VEX, EVEX, XOP

struct Instruction {
  u8 length = 0;  // 1..15
  OpcodeMap map = OpcodeMap::one_byte;
  u8 opcode = 0;     // the last opcode byte
  u8 opcode_at = 0;  // its offset
  bool has_modrm = false;
  u8 modrm = 0;
  bool rip_relative = false;
  u8 displacement_at = 0;   // offset of the 32-bit displacement, if rip_relative
  u8 relative_size = 0;     // branch with a relative target in its last 1 or 4 bytes; else 0
  bool has_prefix = false;  // a legacy prefix (not REX)
  bool address32 = false;   // an address-size prefix: RIP-relative means EIP-relative
};

// Nothing if the bytes are no complete instruction, or one that 64-bit mode does not have.
std::optional<Instruction> decode_instruction(std::span<const u8> bytes);

// True if an instruction whose first byte is `opcode` raises #UD in 64-bit mode whatever follows.
bool is_invalid_opcode(u8 opcode);

}  // namespace baryon::arch
