// An unmasked SSE exception raises SIGFPE with FPE_FLTDIV; the handler runs with default MXCSR, the thread keeps its own.
// feenableexcept(3), sigaction(2)
// arch: x86_64
// needs: sse-exceptions
#include "../../check.h"

#include <immintrin.h>
#include <signal.h>
#include <setjmp.h>

static sigjmp_buf back;
static volatile int code;
static volatile unsigned inside;

static void on_fpe(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)context;
    code = info->si_code;
    inside = _mm_getcsr();
    siglongjmp(back, 1);
}

static void on_usr(int sig)
{
    (void)sig;
    inside = _mm_getcsr();
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGFPE, &action, NULL));
    volatile float zero = 0, one = 1, result;
    if (sigsetjmp(back, 1) == 0) {
        _mm_setcsr(_mm_getcsr() & ~_MM_MASK_DIV_ZERO);
        result = one / zero;
        (void)result;
        CHECK(!"no signal");
    }
    CHECK_EQ(code, FPE_FLTDIV);
    _mm_setcsr(0x1f80);
    // Rounding towards zero survives a handler.
    signal(SIGUSR1, on_usr);
    _mm_setcsr(0x7f80);
    CHECK_OK(raise(SIGUSR1));
    CHECK_EQ(_mm_getcsr(), 0x7f80);
    return check_done();
}
