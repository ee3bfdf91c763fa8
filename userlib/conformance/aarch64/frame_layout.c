// The signal frame's records: floating-point state, the fault's syndrome, the end; and the chain of frame records goes
// on into the interrupted code. arch/arm64/include/uapi/asm/sigcontext.h, AAPCS64 6.4.6
// arch: aarch64
// reference: none here (QEMU 7.2 writes no syndrome into a frame)
// fast
#include "../../check.h"

#include <asm/sigcontext.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

static char* page;
static volatile int faults;
static volatile unsigned long interrupted_fp;

static void on_segv(int sig, siginfo_t* info, void* raw)
{
    const ucontext_t* context = raw;
    (void)sig;
    CHECK(info->si_addr == page + 16);
    CHECK_EQ(context->uc_mcontext.fault_address, (unsigned long)page + 16);
    int vectors = 0, syndromes = 0;
    const char* at = (const char*)context->uc_mcontext.__reserved;
    for (;;) {
        const struct _aarch64_ctx* head = (const void*)at;
        if (head->magic == 0) {
            CHECK_EQ(head->size, 0);
            break;
        }
        if (head->magic == FPSIMD_MAGIC) {
            const struct fpsimd_context* fp = (const void*)at;
            CHECK_EQ(head->size, sizeof *fp);
            CHECK((uint64_t)fp->vregs[8] == 0x1122334455667788);
            ++vectors;
        }
        if (head->magic == ESR_MAGIC) {
            const unsigned long esr = ((const struct esr_context*)at)->esr;
            CHECK_EQ(esr >> 26, 0x24);  // data abort from EL0
            CHECK((esr & 1 << 6) != 0);  // by a write
            CHECK_EQ(esr & 0x3c, 0x0c);  // permission
            ++syndromes;
        }
        at += head->size;
    }
    CHECK_EQ(vectors, 1);
    CHECK_EQ(syndromes, 1);
    // This function's record is the first; the kernel's is the second and holds the interrupted code's.
    const unsigned long* own = __builtin_frame_address(0);
    const unsigned long* kernels = (const unsigned long*)own[0];
    CHECK_EQ(kernels[0], context->uc_mcontext.regs[29]);
    CHECK_EQ(kernels[1], context->uc_mcontext.regs[30]);
    CHECK_EQ(context->uc_mcontext.regs[29], interrupted_fp);
    ++faults;
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    CHECK_EQ(((volatile char*)page)[16], 0);  // there from now on: what is missing is the right
    unsigned long after;
    __asm__ volatile("mov %[fp], x29" : [fp] "=r"(after));
    interrupted_fp = after;
    __asm__ volatile("fmov d8, %[in]\n strb w1, [%[at], #16]\n fmov %[out], d8"
                     : [out] "=&r"(after)
                     : [in] "r"(0x1122334455667788), [at] "r"(page)
                     : "v8", "memory");
    CHECK_EQ(after, 0x1122334455667788);
    CHECK_EQ(faults, 1);
    return check_done();
}
