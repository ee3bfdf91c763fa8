// The libc's own call sites, read and write and the cancellation point included, work thousands of times. read(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/uio.h>

static void* cancellable(void* argument)
{
    // In a second thread musl goes through __syscall_cp_asm, glibc through its cancellable wrappers.
    int* fds = argument;
    for (int i = 0; i < 2000; ++i) {
        char out = (char)i, in = 0;
        CHECK_EQ(write(fds[1], &out, 1), 1);
        CHECK_EQ(read(fds[0], &in, 1), 1);
        CHECK_EQ(in, out);
    }
    return NULL;
}

int main(void)
{
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY), fds[2];
    CHECK_OK(zero);
    CHECK_OK(null);
    CHECK_OK(pipe(fds));
    char block[64];
    const int pid = getpid();
    for (int i = 0; i < 2000; ++i) {
        memset(block, 'x', sizeof block);
        CHECK_EQ(read(zero, block, sizeof block), sizeof block);
        CHECK_EQ(block[i % 64], 0);
        CHECK_EQ(write(null, block, sizeof block), sizeof block);
        CHECK_EQ(syscall(SYS_getpid), pid);
        CHECK_EQ(syscall(SYS_write, null, block, (long)i % 64), i % 64);
        CHECK_ERRNO(read(-1, block, 1), EBADF);
        CHECK_ERRNO(syscall(SYS_read, zero, (void*)8, 1L), EFAULT);
        memset(block, 'y', sizeof block);
        struct iovec parts[2] = {{block, 10}, {block + 20, 5}};
        CHECK_EQ(readv(zero, parts, 2), 15);
        CHECK(block[0] == 0 && block[9] == 0 && block[10] == 'y' && block[20] == 0 && block[24] == 0 && block[25] == 'y');
        CHECK_OK(lseek(zero, 0, SEEK_CUR));
    }
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, cancellable, fds), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return check_done();
}
