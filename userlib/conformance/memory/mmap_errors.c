// Wrong arguments to the mapping calls are refused with the documented errors. mmap(2), mprotect(2), munmap(2), mremap(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/mman.h>

// The last page of the lower half of the address space but one.
#if defined(__x86_64__)
static const unsigned long last_page = 0x7fffffffe000;
#elif defined(__aarch64__)
static const unsigned long last_page = 0xffffffffe000;
#endif

int main(void)
{
    const int rw = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    CHECK_ERRNO(mmap(NULL, 0, rw, anonymous, -1, 0), EINVAL);
    CHECK_ERRNO(mmap(NULL, 4096, rw, MAP_ANONYMOUS, -1, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_mmap, NULL, 4096L, rw, MAP_PRIVATE, -1L, 0L), EBADF);
    CHECK_ERRNO(syscall(SYS_mmap, NULL, 4096L, rw, anonymous, -1L, 123L), EINVAL);
    CHECK_ERRNO(syscall(SYS_mmap, 1234L, 4096L, rw, anonymous | MAP_FIXED, -1L, 0L), EINVAL);
    CHECK_ERRNO(syscall(SYS_mmap, NULL, ~4095ul, rw, anonymous, -1L, 0L), ENOMEM);
    CHECK_ERRNO(syscall(SYS_mmap, last_page, 16 * 4096L, rw, anonymous | MAP_FIXED, -1L, 0L), ENOMEM);
    int readonly = open("file", O_RDONLY | O_CREAT, 0600), writeonly = open("file", O_WRONLY);
    CHECK_OK(readonly);
    CHECK_OK(writeonly);
    CHECK_ERRNO(mmap(NULL, 4096, rw, MAP_SHARED, readonly, 0), EACCES);
    CHECK_ERRNO(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, writeonly, 0), EACCES);
    int directory = open(".", O_RDONLY | O_DIRECTORY);
    CHECK_OK(directory);
    CHECK_ERRNO(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, directory, 0), ENODEV);

    char* page = mmap(NULL, 2 * 4096, rw, anonymous, -1, 0);
    CHECK(page != MAP_FAILED);
    CHECK_ERRNO(munmap(page + 1, 4096), EINVAL);
    CHECK_ERRNO(munmap(page, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_mprotect, page + 1, 4096L, PROT_READ), EINVAL);  // musl rounds by itself
    CHECK_OK(munmap(page + 4096, 4096));
    CHECK_OK(munmap(page + 4096, 4096));  // nothing there is no error
    CHECK_ERRNO(mprotect(page, 2 * 4096, PROT_READ), ENOMEM);
    CHECK_ERRNO(mremap(page + 1, 4096, 8192, MREMAP_MAYMOVE), EINVAL);
    CHECK_ERRNO(mremap(page, 4096, 0, MREMAP_MAYMOVE), EINVAL);
    CHECK_ERRNO(mremap(page + 4096, 4096, 8192, MREMAP_MAYMOVE), EFAULT);
    CHECK_ERRNO(mremap(page, 4096, 8192, 0x40), EINVAL);
    CHECK_ERRNO(madvise(page + 1, 4096, MADV_DONTNEED), EINVAL);
    CHECK_ERRNO(madvise(page, 4096, 12345), EINVAL);
    CHECK_ERRNO(madvise(page, 2 * 4096, MADV_DONTNEED), ENOMEM);
    return check_done();
}
