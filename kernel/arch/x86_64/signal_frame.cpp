// rt_sigframe of x86-64 (Linux: arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h, uapi/asm/ucontext.h).
//
//   lower  [restorer address][ucontext: flags, link, stack, sigcontext, mask][siginfo] … [XSAVE area, 64-aligned]
//   higher
//
// The handler starts with RSP at the restorer's address, as if it had been called from there.
#include "kernel/arch/x86_64/signal_frame.hpp"

#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/arch/x86_64/context.hpp"
#include "kernel/arch/x86_64/linked/rewrite.hpp"
#include "kernel/arch/x86_64/paging.hpp"
#include "kernel/arch/x86_64/user_memory.hpp"

namespace baryon::arch {
namespace {

struct SigContext {
  u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
  u16 cs, gs, fs, ss;
  u64 error, trap_number, old_mask, cr2;
  u64 fpstate;  // user address of the XSAVE area, 0 = none
  u64 reserved[8];
};
static_assert(sizeof(SigContext) == 256);

struct UContext {
  u64 flags;
  u64 link;
  u64 stack_base;
  i32 stack_flags;
  i32 pad;
  u64 stack_size;
  SigContext context;
  u64 mask;
};

struct Frame {
  u64 restorer;
  UContext ucontext;
  u8 siginfo[128];
};

// Bytes 464..511 of the XSAVE area's legacy region tell a handler what follows.
struct SoftwareBytes {
  u32 magic1;
  u32 extended_size;
  u64 features;
  u32 state_size;
  u32 padding[7];
};
static_assert(sizeof(SoftwareBytes) == 48);
constexpr u32 kMagic1 = 0x46505853, kMagic2 = 0x46505845;  // FP_XSTATE_MAGIC1, FP_XSTATE_MAGIC2
constexpr u64 kSoftwareBytes = 464, kHeader = 512, kHeaderSize = 64, kMxcsr = 24;

constexpr u64 kUcFpXstate = 1, kUcSigcontextSs = 2, kUcStrictRestoreSs = 4;
constexpr u64 kSaOnstack = 0x08000000;
constexpr u32 kSsDisable = 2, kSsOnstack = 1, kSsAutodisarm = 1u << 31;
constexpr u64 kRedZone = 128;
// Flags a program may set: CF PF AF ZF SF DF OF RF AC ID (SDM volume 1, 3.4.3), TF for its debugger.
constexpr u64 kUserFlags = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x200000;

u64 xcr0() {
  u32 low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low | u64{high} << 32;
}

bool on_alternate_stack(u64 sp, const SignalDelivery& d) {
  return sp > d.alt_stack_base && sp - d.alt_stack_base <= d.alt_stack_size;
}

bool use_alternate_stack(const TrapFrame& frame, const SignalDelivery& d) {
  if ((d.flags & kSaOnstack) == 0 || d.alt_stack_size == 0 || (d.alt_stack_flags & kSsDisable) != 0) return false;
  return !on_alternate_stack(frame.rsp, d);
}

void save_registers(SigContext& c, const TrapFrame& f) {
  c.r8 = f.r8, c.r9 = f.r9, c.r10 = f.r10, c.r11 = f.r11, c.r12 = f.r12, c.r13 = f.r13, c.r14 = f.r14, c.r15 = f.r15;
  c.rdi = f.rdi, c.rsi = f.rsi, c.rbp = f.rbp, c.rbx = f.rbx, c.rdx = f.rdx, c.rax = f.rax, c.rcx = f.rcx;
  c.rsp = f.rsp, c.rflags = f.rflags;
  // Handlers compare this with their own text (musl's thread cancellation), never with a stub's.
  c.rip = rewrite_original_pc(f.rip);
  c.cs = abi::kUserCs, c.ss = abi::kUserDs, c.gs = 0, c.fs = 0;
}

// The floating-point state as it is in the CPU, with what lets a handler find its size. By way of the
// kernel stack, because a fault in the middle of XSAVE could not be fixed up.
bool save_fpu(VirtAddr area) {
  alignas(64) u8 image[kFpuMaxSize];
  __builtin_memset(image, 0, kHeader + kHeaderSize);  // XSAVE writes parts of the header only
  fpu_save(image);
  SoftwareBytes software{};
  software.magic1 = kMagic1;
  software.extended_size = static_cast<u32>(fpu_size() + 4);
  software.features = xcr0();
  software.state_size = static_cast<u32>(fpu_size());
  __builtin_memcpy(image + kSoftwareBytes, &software, sizeof software);
  return copy_to_user(area, image, fpu_size()) && copy_to_user(area + fpu_size(), &kMagic2, 4);
}

// Nothing in the area is trusted: what XRSTOR would refuse is cleared (SDM volume 1, 13.8.1).
bool load_fpu(VirtAddr area) {
  alignas(64) u8 image[kFpuMaxSize];
  if (area == 0) {
    fpu_init(image);
    fpu_load(image);
    return true;
  }
  if (!is_aligned(area, 64) || !copy_from_user(image, area, kHeader)) return false;
  SoftwareBytes software;
  __builtin_memcpy(&software, image + kSoftwareBytes, sizeof software);
  u64 features = 3;
  u32 magic2 = 0;
  if (software.magic1 == kMagic1 && software.state_size == fpu_size() &&
      copy_from_user(image + kHeader, area + kHeader, fpu_size() - kHeader) &&
      copy_from_user(&magic2, area + fpu_size(), 4) && magic2 == kMagic2) {
    u64 saved;
    __builtin_memcpy(&saved, image + kHeader, 8);
    features = saved & software.features & xcr0();
  } else {
    __builtin_memset(image + kHeader, 0, fpu_size() - kHeader);  // the legacy part alone is valid
  }
  __builtin_memset(image + kHeader, 0, kHeaderSize);
  __builtin_memcpy(image + kHeader, &features, 8);
  u32 mxcsr;
  __builtin_memcpy(&mxcsr, image + kMxcsr, 4);
  mxcsr &= 0xffff;  // reserved bits raise #GP
  __builtin_memcpy(image + kMxcsr, &mxcsr, 4);
  fpu_load(image);
  return true;
}

}  // namespace

bool push_signal_frame(TrapFrame& frame, const SignalDelivery& d) {
  if (d.handler >= kUserEnd) return false;
  u64 sp = frame.rsp - kRedZone;
  const bool alternate = use_alternate_stack(frame, d);
  if (alternate) sp = d.alt_stack_base + d.alt_stack_size;

  const u64 fpu_area = align_down(sp - (fpu_size() + 4), 64);
  // The ABI wants RSP + 8 aligned to 16 at a function's first instruction.
  const u64 address = align_down(fpu_area - sizeof(Frame), 16) - 8;
  const u64 used = sp - address;
  if (sp < used || address >= kUserEnd || sp > kUserEnd) return false;
  // A frame that leaves the alternate stack at its lower end is an overflow.
  if ((alternate || ((d.flags & kSaOnstack) != 0 && on_alternate_stack(frame.rsp, d))) &&
      !on_alternate_stack(address, d) && d.alt_stack_size != 0)
    return false;

  Frame out{};
  out.restorer = d.restorer;
  out.ucontext.flags = kUcFpXstate | kUcSigcontextSs | kUcStrictRestoreSs;
  out.ucontext.stack_base = d.alt_stack_base;
  out.ucontext.stack_size = d.alt_stack_size;
  out.ucontext.stack_flags =
      static_cast<i32>(d.alt_stack_size == 0
                           ? kSsDisable
                           : (d.alt_stack_flags & kSsAutodisarm) | (on_alternate_stack(frame.rsp, d) ? kSsOnstack : 0));
  save_registers(out.ucontext.context, frame);
  out.ucontext.context.fpstate = fpu_area;
  out.ucontext.context.old_mask = d.saved_mask;
  out.ucontext.context.error = d.error_code;
  out.ucontext.context.trap_number = d.trap_number;
  out.ucontext.context.cr2 = d.fault_address;
  out.ucontext.mask = d.saved_mask;
  __builtin_memcpy(out.siginfo, d.siginfo, sizeof out.siginfo);
  if (!save_fpu(fpu_area) || !copy_to_user(address, &out, sizeof out)) return false;

  frame.rip = d.handler;
  frame.rsp = address;
  frame.rdi = static_cast<u64>(d.number);
  frame.rsi = address + offsetof(Frame, siginfo);
  frame.rdx = address + offsetof(Frame, ucontext);
  frame.rax = 0;  // no vector registers used, should the handler be variadic
  frame.rflags = (frame.rflags | 0x202) & ~u64{0x400 | 0x100 | 0x10000};  // DF, TF, RF off
  frame.kind = EntryKind::trap;
  frame.orig_rax = kNoSyscall;
  return true;
}

bool pop_signal_frame(TrapFrame& frame, u64& mask, VirtAddr alt_stack[3]) {
  Frame in;
  // The handler's RET has popped the restorer's address.
  if (!copy_from_user(&in, frame.rsp - 8, sizeof in)) return false;
  const SigContext& c = in.ucontext.context;
  if (c.rip >= kUserEnd || c.rsp > kUserEnd) return false;
  if (!load_fpu(c.fpstate)) return false;
  frame.r8 = c.r8, frame.r9 = c.r9, frame.r10 = c.r10, frame.r11 = c.r11, frame.r12 = c.r12, frame.r13 = c.r13;
  frame.r14 = c.r14, frame.r15 = c.r15, frame.rdi = c.rdi, frame.rsi = c.rsi, frame.rbp = c.rbp, frame.rbx = c.rbx;
  frame.rdx = c.rdx, frame.rax = c.rax, frame.rcx = c.rcx, frame.rsp = c.rsp, frame.rip = c.rip;
  frame.rflags = (c.rflags & kUserFlags) | 0x202;
  frame.cs = abi::kUserCs;
  frame.ss = abi::kUserDs;
  frame.kind = EntryKind::trap;
  frame.orig_rax = kNoSyscall;
  mask = in.ucontext.mask;
  alt_stack[0] = in.ucontext.stack_base;
  alt_stack[1] = static_cast<u64>(static_cast<u32>(in.ucontext.stack_flags));
  alt_stack[2] = in.ucontext.stack_size;
  return true;
}

}  // namespace baryon::arch
