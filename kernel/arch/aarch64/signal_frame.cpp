// rt_sigframe of aarch64 (Linux: arch/arm64/kernel/signal.c, uapi/asm/sigcontext.h, uapi/asm/ucontext.h).
//
//   lower  [siginfo][ucontext: flags, link, stack, mask, sigcontext with its records] … [frame record: x29, x30]
//   higher
//
// The handler starts with SP at the siginfo, X29 at the frame record (which continues the interrupted code's chain of
// frames) and X30 at the code that returns. The sigcontext's last 4 KiB hold records (magic, size) up to an empty one:
// the floating-point state, and the syndrome of a fault.
#include "kernel/arch/aarch64/signal_frame.hpp"

#include "kernel/arch/aarch64/context.hpp"
#include "kernel/arch/aarch64/paging.hpp"
#include "kernel/arch/aarch64/program_info.hpp"
#include "kernel/arch/aarch64/user_memory.hpp"
#include "kernel/arch/aarch64/vdso.hpp"

namespace baryon::arch {
namespace {

struct RecordHead {
  u32 magic, size;
};
struct FpsimdRecord {
  RecordHead head;
  u32 fpsr, fpcr;
  u8 v[32][16];
};
static_assert(sizeof(FpsimdRecord) == 528);
struct EsrRecord {
  RecordHead head;
  u64 esr;
};
constexpr u32 kFpsimdMagic = 0x46508001, kEsrMagic = 0x45535201, kExtraMagic = 0x45585401;

// Without its records, for which there are kRecordBytes behind it.
struct alignas(16) SigContext {
  u64 fault_address;
  u64 x[31];
  u64 sp, pc, pstate;
};
static_assert(sizeof(SigContext) == 288);
constexpr u64 kRecordBytes = 4096;

struct Frame {
  u8 siginfo[128];
  u64 flags, link;
  u64 stack_base;
  i32 stack_flags, pad;
  u64 stack_size;
  u64 mask;
  u8 mask_reserve[120];
  SigContext context;
};
constexpr u64 kFrameSize = sizeof(Frame) + kRecordBytes;
static_assert(kFrameSize == 4688 && offsetof(Frame, context) == 128 + 176);
// The records that this kernel writes.
constexpr u64 kUsedRecords = sizeof(FpsimdRecord) + sizeof(EsrRecord) + sizeof(RecordHead);

struct FrameRecord {
  u64 fp, lr;
};

constexpr u64 kSaOnstack = 0x08000000, kSaRestorer = 0x04000000;
constexpr u32 kSsDisable = 2, kSsOnstack = 1, kSsAutodisarm = 1u << 31;
// PSTATE that a program may set: NZCV, DIT, SSBS. A frame with any of mode, masks, single step or AArch32 is refused.
constexpr u64 kUserPstate = u64{0xf} << 28 | 1u << 24 | 1u << 12;
constexpr u64 kForbiddenPstate = 0x3df | 1u << 20 | 1u << 21;

bool on_alternate_stack(u64 sp, const SignalDelivery& d) {
  return sp > d.alt_stack_base && sp - d.alt_stack_base <= d.alt_stack_size;
}

bool use_alternate_stack(const TrapFrame& frame, const SignalDelivery& d) {
  if ((d.flags & kSaOnstack) == 0 || d.alt_stack_size == 0 || (d.alt_stack_flags & kSsDisable) != 0) return false;
  return !on_alternate_stack(frame.sp, d);
}

// The floating-point state as it is in the CPU, the fault's syndrome if there is one, the end.
void write_records(u8* to, u64 esr) {
  alignas(64) FpuState fpu;
  fpu_save(&fpu);
  FpsimdRecord record;
  record.head = {kFpsimdMagic, sizeof record};
  record.fpsr = fpu.fpsr;
  record.fpcr = fpu.fpcr;
  __builtin_memcpy(record.v, fpu.v, sizeof record.v);
  __builtin_memcpy(to, &record, sizeof record);
  to += sizeof record;
  if (esr != 0) {
    const EsrRecord syndrome{{kEsrMagic, sizeof(EsrRecord)}, esr};
    __builtin_memcpy(to, &syndrome, sizeof syndrome);
    to += sizeof syndrome;
  }
  __builtin_memset(to, 0, sizeof(RecordHead));
}

// Nothing in the records is trusted. True: there was exactly one floating-point record, which is loaded.
bool read_records(VirtAddr records) {
  bool found = false;
  for (u64 at = 0; at + sizeof(RecordHead) <= kRecordBytes;) {
    RecordHead head;
    if (!copy_from_user(&head, records + at, sizeof head)) return false;
    if (head.magic == 0 && head.size == 0) return found;
    if (head.size < sizeof head || head.size % 16 != 0 || head.size > kRecordBytes - at) return false;
    switch (head.magic) {
      case kFpsimdMagic: {
        FpsimdRecord record;
        if (found || head.size != sizeof record || !copy_from_user(&record, records + at, sizeof record)) return false;
        alignas(64) FpuState fpu;
        __builtin_memcpy(fpu.v, record.v, sizeof fpu.v);
        fpu.fpsr = record.fpsr;
        fpu.fpcr = record.fpcr;  // bits that the CPU lacks are ignored by it
        fpu_load(&fpu);
        found = true;
        break;
      }
      case kEsrMagic: break;
      case kExtraMagic:
      default: return false;  // not written by this kernel
    }
    at += head.size;
  }
  return false;
}

}  // namespace

bool push_signal_frame(TrapFrame& frame, const SignalDelivery& d) {
  if (d.handler >= kUserEnd) return false;
  u64 top = frame.sp;
  const bool alternate = use_alternate_stack(frame, d);
  if (alternate) top = d.alt_stack_base + d.alt_stack_size;

  const u64 record_address = align_down(top - sizeof(FrameRecord), 16);
  const u64 address = record_address - kFrameSize;
  if (top > kUserEnd || address >= top) return false;
  // A frame that leaves the alternate stack at its lower end is an overflow.
  if ((alternate || ((d.flags & kSaOnstack) != 0 && on_alternate_stack(frame.sp, d))) &&
      !on_alternate_stack(address, d) && d.alt_stack_size != 0)
    return false;

  struct {
    Frame head;
    alignas(16) u8 records[kUsedRecords];
  } image{};
  Frame& out = image.head;
  __builtin_memcpy(out.siginfo, d.siginfo, sizeof out.siginfo);
  out.stack_base = d.alt_stack_base;
  out.stack_size = d.alt_stack_size;
  out.stack_flags = static_cast<i32>(d.alt_stack_size == 0 ? kSsDisable
                                                           : (d.alt_stack_flags & kSsAutodisarm) |
                                                                 (on_alternate_stack(frame.sp, d) ? kSsOnstack : 0));
  out.mask = d.saved_mask;
  out.context.fault_address = d.fault_address;
  __builtin_memcpy(out.context.x, frame.x, sizeof out.context.x);
  out.context.sp = frame.sp, out.context.pc = frame.pc, out.context.pstate = frame.pstate;
  write_records(image.records, d.error_code);
  const FrameRecord record{frame.x[29], frame.x[30]};
  if (!copy_to_user(record_address, &record, sizeof record) || !copy_to_user(address, &image, sizeof image))
    return false;

  frame.x[0] = static_cast<u64>(d.number);
  frame.x[1] = address + offsetof(Frame, siginfo);
  frame.x[2] = address + offsetof(Frame, flags);
  frame.x[29] = record_address;
  frame.x[30] = (d.flags & kSaRestorer) != 0 ? d.restorer : d.vdso + vdso_sigreturn_offset();
  frame.sp = address;
  frame.pc = d.handler;
  frame.number = kNoSyscall;
  return true;
}

bool pop_signal_frame(TrapFrame& frame, u64& mask, VirtAddr alt_stack[3]) {
  Frame in;
  if (!is_aligned(frame.sp, 16) || !copy_from_user(&in, frame.sp, sizeof in)) return false;
  const SigContext& c = in.context;
  if ((c.pstate & kForbiddenPstate) != 0) return false;
  if (!read_records(frame.sp + sizeof in)) return false;
  __builtin_memcpy(frame.x, c.x, sizeof frame.x);
  frame.sp = c.sp;
  frame.pc = c.pc;
  frame.pstate = c.pstate & kUserPstate;
  frame.number = kNoSyscall;
  mask = in.mask;
  alt_stack[0] = in.stack_base;
  alt_stack[1] = static_cast<u64>(static_cast<u32>(in.stack_flags));
  alt_stack[2] = in.stack_size;
  return true;
}

}  // namespace baryon::arch
