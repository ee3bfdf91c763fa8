// Contexts, thread pointers and floating-point state.
#include "kernel/arch/x86_64/context.hpp"

#include <cpuid.h>

#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/base/panic.hpp"

extern "C" void baryon_context_start();

namespace baryon::arch {

void context_init(Context& context, VirtAddr stack_top, void (*entry)(void*), void* argument) {
  // What baryon_context_switch pops: r15 r14 r13 r12 rbp rbx, return address. One more word keeps the
  // stack aligned as at a call.
  auto* sp = reinterpret_cast<u64*>(align_down(stack_top, 16)) - 8;
  sp[0] = 0;
  sp[1] = 0;
  sp[2] = reinterpret_cast<u64>(argument);  // r13
  sp[3] = reinterpret_cast<u64>(entry);     // r12
  sp[4] = 0;
  sp[5] = 0;
  sp[6] = reinterpret_cast<u64>(&baryon_context_start);
  sp[7] = 0;
  context.sp = reinterpret_cast<u64>(sp);
}

// Under `split` the program's GS base is the one that SWAPGS would bring in. With interrupts off: meanwhile the
// kernel's own is not there.
void user_state_save(UserState& state) {
  asm volatile("rdfsbase %0" : "=r"(state.fs_base));
  if (is_linked()) return;
  asm volatile("cli\n\tswapgs\n\trdgsbase %0\n\tswapgs\n\tsti" : "=r"(state.gs_base)::"memory");
}

void user_state_load(const UserState& state) {
  asm volatile("wrfsbase %0" ::"r"(state.fs_base));
  if (is_linked()) return;
  asm volatile("cli\n\tswapgs\n\twrgsbase %0\n\tswapgs\n\tsti" ::"r"(state.gs_base) : "memory");
}

namespace {
u64 fpu_bytes = 512 + 64;
u64 fpu_mask = 3;
}  // namespace

void fpu_detect() {
  u32 low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  fpu_mask = low | u64{high} << 32;
  u32 a, b, c, d;
  // CPUID.(EAX=0DH,ECX=0):EBX = bytes for what XCR0 enables now.
  __cpuid_count(0xd, 0, a, b, c, d);
  fpu_bytes = b;
  ENSURE(fpu_bytes <= kFpuMaxSize);
}

u64 fpu_size() { return fpu_bytes; }

void fpu_init(void* area) {
  // All zero is the initial state of every component but two fields of the legacy area.
  __builtin_memset(area, 0, fpu_bytes);
  auto* bytes = static_cast<u8*>(area);
  const u16 fcw = 0x37f;
  const u32 mxcsr = 0x1f80;
  __builtin_memcpy(bytes, &fcw, sizeof fcw);
  __builtin_memcpy(bytes + 24, &mxcsr, sizeof mxcsr);
}

void fpu_save(void* area) {
  asm volatile("xsave64 (%0)" ::"r"(area), "a"(static_cast<u32>(fpu_mask)), "d"(static_cast<u32>(fpu_mask >> 32))
               : "memory");
}

void fpu_load(const void* area) {
  asm volatile("xrstor64 (%0)" ::"r"(area), "a"(static_cast<u32>(fpu_mask)), "d"(static_cast<u32>(fpu_mask >> 32))
               : "memory");
}

void frame_init_user(TrapFrame& frame, u64 pc, u64 sp) {
  frame = TrapFrame{};
  frame.kind = EntryKind::trap;
  frame.orig_rax = kNoSyscall;
  frame.rip = pc;
  frame.cs = abi::kUserCs;
  frame.rflags = 0x202;
  frame.rsp = sp;
  frame.ss = abi::kUserDs;
}

}  // namespace baryon::arch
