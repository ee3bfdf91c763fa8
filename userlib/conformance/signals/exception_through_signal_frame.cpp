// A C++ exception thrown in a handler unwinds through the signal frame and the interrupted system call. sigreturn(2)
// libc: glibc
// fast
#include "../../check.h"

#include <csignal>
#include <cstdlib>

namespace {

int destroyed;
struct Guard {
    ~Guard() { ++destroyed; }
};

// The unwinder finds the frame by the bytes of the restorer and takes the interrupted place from the saved context: it
// must be the call site's own, not that of a rewritten site's stub.
void on_signal(int sig)
{
    Guard guard;
    throw sig;
}

[[gnu::noinline]] int send(int sig)
{
    Guard guard;
    // Through a pointer without noexcept, so that the compiler keeps a landing pad for the call.
    int (*volatile call)(pid_t, int) = kill;
    int result = call(getpid(), sig);
    asm volatile("" ::: "memory");
    return result;
}

}  // namespace

int main()
{
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_NODEFER;
    CHECK_OK(sigaction(SIGUSR1, &action, nullptr));
    for (int i = 0; i < 100; ++i) {
        destroyed = 0;
        int caught = 0;
        try {
            send(SIGUSR1);
        } catch (int sig) {
            caught = sig;
        }
        CHECK_EQ(caught, SIGUSR1);
        CHECK_EQ(destroyed, 2);
    }
    return check_done();
}
