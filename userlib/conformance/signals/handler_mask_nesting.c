// During a handler its own signal and sa_mask are blocked, others nest; SA_NODEFER lets it nest in itself; the mask is
// restored on return. sigaction(2)
// fast
#include "../../check.h"

#include <signal.h>

static char trace[64];
static volatile int depth, deepest, length;

static void note(char c) { trace[length++] = c; }

static void on_usr1(int sig)
{
    (void)sig;
    note('a');
    raise(SIGUSR1);  // own signal: later
    raise(SIGHUP);   // in sa_mask: later
    raise(SIGUSR2);  // nests now
    note('A');
}

static void on_usr2(int sig)
{
    (void)sig;
    note('b');
    note('B');
}

static void on_hup(int sig)
{
    (void)sig;
    note('h');
}

static void second_usr1(int sig)
{
    (void)sig;
    note('c');
}

static void deeper(int sig)
{
    if (++depth > deepest) deepest = depth;
    if (depth < 5) raise(sig);
    --depth;
}

static void arm_second(int sig)
{
    on_usr1(sig);
    signal(SIGUSR1, second_usr1);
}

int main(void)
{
    struct sigaction action = {.sa_handler = arm_second};
    sigaddset(&action.sa_mask, SIGHUP);
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    signal(SIGUSR2, on_usr2);
    signal(SIGHUP, on_hup);
    raise(SIGUSR1);
    // After the first handler: pending SIGHUP and SIGUSR1, delivered in either nesting but both.
    CHECK(strncmp(trace, "abBA", 4) == 0);
    CHECK_EQ(length, 6);
    CHECK(strchr(trace, 'h') != NULL && strchr(trace, 'c') != NULL);
    sigset_t now;
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK_EQ(sigismember(&now, SIGHUP), 0);
    CHECK_EQ(sigismember(&now, SIGUSR1), 0);

    struct sigaction nested = {.sa_handler = deeper, .sa_flags = SA_NODEFER};
    CHECK_OK(sigaction(SIGUSR1, &nested, NULL));
    raise(SIGUSR1);
    CHECK_EQ(deepest, 5);
    return check_done();
}
