// The process lives until its last thread ends, also after main has called pthread_exit. pthread_exit(3)
// fast
#include "../../check.h"

#include <pthread.h>

static pthread_t main_thread;

static void* body(void* unused)
{
    CHECK_EQ(pthread_join(main_thread, NULL), 0);
    check_sleep_ms(2);
    exit(check_done());
    return unused;
}

int main(void)
{
    pthread_t thread;
    main_thread = pthread_self();
    CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
    pthread_exit(NULL);
}
