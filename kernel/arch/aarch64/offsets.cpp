// Asserts offsets.hpp against the C++ structures.
#include "kernel/arch/aarch64/offsets.hpp"

#include "kernel/arch/aarch64/context.hpp"
#include "kernel/arch/aarch64/cpu.hpp"
#include "kernel/arch/aarch64/trap_frame.hpp"

namespace baryon::arch {

static_assert(VCPU_WORK_PENDING == kWordsOffset + offsetof(CpuWords, work_pending));

static_assert(FRAME_X0 == offsetof(TrapFrame, x) && FRAME_X30 == offsetof(TrapFrame, x) + 30 * 8);
static_assert(FRAME_SP == offsetof(TrapFrame, sp) && FRAME_SP == FRAME_X30 + 8);
static_assert(FRAME_PC == offsetof(TrapFrame, pc) && FRAME_PSTATE == FRAME_PC + 8);
static_assert(FRAME_PSTATE == offsetof(TrapFrame, pstate));
static_assert(FRAME_ORIG_X0 == offsetof(TrapFrame, orig_x0) && FRAME_NUMBER == FRAME_ORIG_X0 + 8);
static_assert(FRAME_NUMBER == offsetof(TrapFrame, number) && FRAME_SIZE == sizeof(TrapFrame));

static_assert(offsetof(FpuState, v) == 0 && FPU_FPSR == offsetof(FpuState, fpsr));
static_assert(offsetof(FpuState, fpcr) == FPU_FPSR + 4);

}  // namespace baryon::arch
