// A thread's name is its own, cut after 15 bytes. prctl(2) PR_SET_NAME
// fast
#include "../../check.h"

#include <pthread.h>
#include <sys/prctl.h>

static void* body(void* unused)
{
    char name[16];
    CHECK_OK(prctl(PR_SET_NAME, "worker"));
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "worker");
    return unused;
}

int main(int argc, char** argv)
{
    char name[17];
    memset(name, 'x', sizeof name);
    CHECK(argc == 1);
    CHECK_OK(prctl(PR_GET_NAME, name));
    const char* base = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    CHECK_EQ(strncmp(name, base, 15), 0);
    CHECK_OK(prctl(PR_SET_NAME, "a-name-longer-than-fifteen"));
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "a-name-longer-t");
    CHECK_EQ(name[16], 'x');
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "a-name-longer-t");
    CHECK_ERRNO(prctl(PR_SET_NAME, (char*)8), EFAULT);
    CHECK_ERRNO(prctl(0x7fff1234, 0, 0, 0, 0), EINVAL);
    return check_done();
}
