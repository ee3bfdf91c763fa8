// Asserts offsets.hpp against the C++ structures.
#include "kernel/arch/x86_64/offsets.hpp"

#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/arch/x86_64/trap_frame.hpp"

namespace baryon::arch {

using abi::VcpuPage;
static_assert(GS_STACK_TOP == offsetof(VcpuPage, stack_top));
static_assert(GS_TRAP_STACK_TOP == offsetof(VcpuPage, trap_stack_top));
static_assert(GS_USER_SP == BARYON_CPU_WORD(user_sp));
static_assert(GS_KERNEL_STACK_TOP == BARYON_CPU_WORD(kernel_stack_top));
static_assert(GS_SCRATCH0 == BARYON_CPU_WORD(scratch));
static_assert(GS_SCRATCH1 == BARYON_CPU_WORD(scratch) + 8);
static_assert(GS_SYSCALL_ENTRY == BARYON_CPU_WORD(syscall_entry));
static_assert(GS_WORK_PENDING == BARYON_CPU_WORD(work_pending));
static_assert(GS_MONITOR_FRAME == BARYON_CPU_WORD(monitor_frame));
static_assert(GS_FAULT_ADDRESS == BARYON_CPU_WORD(fault_address));
static_assert(GS_LINKED == BARYON_CPU_WORD(linked));
static_assert(GS_EVENT_FRAME == BARYON_CPU_WORD(event_frame));
static_assert(GS_INTERRUPTS_MASKED == offsetof(VcpuPage, interrupts_masked));
static_assert(GS_INTERRUPT_PENDING == offsetof(VcpuPage, interrupt_pending));
static_assert(GS_SLEEPING == offsetof(VcpuPage, sleeping));

static_assert(FRAME_R15 == offsetof(TrapFrame, r15) && FRAME_RBX == offsetof(TrapFrame, rbx));
static_assert(FRAME_R11 == offsetof(TrapFrame, r11) && FRAME_R8 == offsetof(TrapFrame, r8));
static_assert(FRAME_RAX == offsetof(TrapFrame, rax) && FRAME_RDI == offsetof(TrapFrame, rdi));
static_assert(FRAME_ORIG_RAX == offsetof(TrapFrame, orig_rax) && FRAME_RIP == offsetof(TrapFrame, rip));
static_assert(FRAME_SS == offsetof(TrapFrame, ss) && FRAME_SIZE == sizeof(TrapFrame));
static_assert(KIND_TRAP == static_cast<int>(EntryKind::trap) &&
              KIND_REWRITTEN == static_cast<int>(EntryKind::rewritten) &&
              KIND_TRAPPED == static_cast<int>(EntryKind::trapped));

static_assert(PUSHED_SIZE == sizeof(abi::MonitorFrames::pushed) &&
              offsetof(abi::MonitorFrames, handover) == offsetof(abi::MonitorFrames, pushed) + PUSHED_SIZE);
static_assert(offsetof(abi::MonitorFrames, handover) % 16 == 0, "RSP0 must be aligned as the CPU aligns it");
static_assert(USER_CS == abi::kUserCs && USER_DS == abi::kUserDs);
static_assert(EVENT_VECTOR == abi::kEventVector);

}  // namespace baryon::arch
