// Process, thread, user and group ids are consistent with each other. getpid(2), gettid(2), getresuid(2), getsid(2)
// fast
#include "../../sys.h"

#include <grp.h>
#include <pthread.h>

static int other_tid;
static pid_t other_pid;

static void* body(void* unused)
{
    other_tid = sys_gettid();
    other_pid = getpid();
    return unused;
}

int main(void)
{
    CHECK(getpid() > 0);
    CHECK_EQ(sys_gettid(), getpid());
    CHECK(getppid() >= 0);
    CHECK(getppid() != getpid());
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(other_pid, getpid());
    CHECK(other_tid > 0 && other_tid != getpid());

    uid_t real, effective, saved;
    CHECK_OK(getresuid(&real, &effective, &saved));
    CHECK_EQ(real, getuid());
    CHECK_EQ(effective, geteuid());
    gid_t groups[3];
    CHECK_OK(getresgid(&groups[0], &groups[1], &groups[2]));
    CHECK_EQ(groups[0], getgid());
    CHECK_EQ(groups[1], getegid());
    CHECK(getgroups(0, NULL) >= 0);
    CHECK(getpgid(0) >= 0);
    CHECK_EQ(getpgrp(), getpgid(0));
    CHECK_EQ(getpgid(getpid()), getpgrp());
    CHECK(getsid(0) >= 0);
    CHECK_ERRNO(getpgid(-5), ESRCH);
    CHECK_OK(setuid(getuid()));
    CHECK_OK(setgid(getgid()));
    return check_done();
}
