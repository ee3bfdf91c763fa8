// How one system call site can be rewritten, and the bytes of its stub. Pure functions over bytes.
//
// A site is the address of a SYSCALL instruction (0f 05). Two ways:
//
//   immediate   b8 NR NR NR NR 0f 05          the MOV becomes `jmp stub`; SYSCALL stays for whoever jumps to it
//               48 c7 c0 NR NR NR NR 0f 05    the same with the first five bytes of the longer MOV
//                 stub:  mov $NR,%eax; lea behind_site(%rip),%rcx; jmp *%gs:entry
//
//   displaced   0f 05 then three or more bytes of instructions     becomes   e9 d0 d1 d2 d3 …
//                 stub:  lea resume(%rip),%rcx; jmp *%gs:entry; resume: copy of the instructions; jmp back
//               Someone may still jump or return to one of the displaced instructions. Each that starts inside the
//               five bytes now starts with d1, d2 or d3: the stub's address is chosen so that these are opcodes that
//               raise #UD, from where rewrite_redirect leads to the copy.
//
// `mov` is only known by looking backwards. It counts only if the number is the one just called and no other
// instruction can end where it ends, overlapping its first byte.
#pragma once

#include <optional>
#include <span>

#include "kernel/arch/x86_64/linked/instruction_length.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

inline constexpr unsigned kSyscallLength = 2;  // 0f 05
inline constexpr unsigned kJumpLength = 5;     // e9 rel32
inline constexpr unsigned kBytesBefore = 15, kBytesAfter = 20;
inline constexpr unsigned kStubSize = 64;
inline constexpr unsigned kMaxDisplaced = 3;

struct RewritePlan {
  enum class Kind : u8 { refused, immediate, displaced };
  Kind kind = Kind::refused;
  u32 number = 0;           // immediate: what the MOV loads
  u8 patch_back = 0;        // the jump replaces bytes from site - patch_back on
  u8 displaced_length = 0;  // bytes behind SYSCALL that the stub repeats
  u8 displaced_count = 0;
  u8 start[kMaxDisplaced] = {};  // of each displaced instruction, relative to the site: 2..4
  Instruction instruction[kMaxDisplaced];
  u8 code[kBytesAfter] = {};  // the bytes behind SYSCALL
  u8 trapping = 0;            // bit i: byte i of the jump's displacement must be an invalid opcode
};

// `before` ends at the site, `after` starts behind SYSCALL; at most kBytesBefore and kBytesAfter bytes are used, fewer
// where memory ends. `number`: what RAX held at the call just made.
RewritePlan plan_rewrite(std::span<const u8> before, std::span<const u8> after, u64 number);

// Whether a jump with this displacement keeps the plan's promises.
bool displacement_fits(const RewritePlan& plan, i32 displacement);

struct RewriteStub {
  // An address in the stub at which the program's state is what it would be at an original address, RCX and R11 aside.
  struct Point {
    u8 offset;             // in the stub
    signed char original;  // relative to the site
  };
  u8 code[kStubSize] = {};
  u8 size = 0;
  u8 copy[kMaxDisplaced] = {};  // offsets of the displaced instructions' copies
  u8 point_count = 0;
  Point points[kMaxDisplaced + 4] = {};
};

// Bytes for the stub at `stub`; `entry_offset` = where the kernel's entry address lies in the GS segment. Nothing if a
// target is out of reach.
std::optional<RewriteStub> make_stub(const RewritePlan& plan, u64 site, u64 stub, u32 entry_offset);

}  // namespace baryon::arch
