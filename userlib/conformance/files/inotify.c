// inotify reports what happens to a directory, its entries and to a file. inotify(7)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static int in;
static char buffer[4096] __attribute__((aligned(8)));
static ssize_t length, at;

// The next event.
static struct inotify_event* next(void)
{
    if (at >= length) {
        length = read(in, buffer, sizeof buffer);
        at = 0;
        CHECK(length > 0);
    }
    struct inotify_event* event = (struct inotify_event*)(buffer + at);
    at += (ssize_t)(sizeof *event + event->len);
    return event;
}

static uint32_t expect(int wd, uint32_t mask, const char* name)
{
    struct inotify_event* event = next();
    CHECK_EQ(event->mask, mask);
    CHECK_EQ(event->wd, wd);
    CHECK_STR(event->len ? event->name : "", name);
    return event->cookie;
}

static void nothing_left(void)
{
    int bytes;
    CHECK_EQ(at, length);
    CHECK_OK(ioctl(in, FIONREAD, &bytes));
    CHECK_EQ(bytes, 0);
    CHECK_ERRNO(read(in, buffer, sizeof buffer), EAGAIN);
}

int main(void)
{
    in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CHECK_OK(in);
    CHECK_OK(mkdir("dir", 0755));
    int dir = inotify_add_watch(in, "dir", IN_ALL_EVENTS);
    CHECK_EQ(dir, 1);
    nothing_left();

    int fd = open("dir/file", O_RDWR | O_CREAT, 0600);
    expect(dir, IN_CREATE, "file");
    expect(dir, IN_OPEN, "file");
    CHECK_EQ(write(fd, "abc", 3), 3);
    CHECK_EQ(write(fd, "abc", 3), 3);  // the same again: one event
    expect(dir, IN_MODIFY, "file");
    CHECK_EQ(pread(fd, buffer, 2, 0), 2);
    length = at = 0;
    expect(dir, IN_ACCESS, "file");
    CHECK_OK(ftruncate(fd, 1));
    expect(dir, IN_MODIFY, "file");
    CHECK_OK(fchmod(fd, 0640));
    expect(dir, IN_ATTRIB, "file");
    CHECK_OK(close(fd));
    expect(dir, IN_CLOSE_WRITE, "file");
    CHECK_OK(close(open("dir/file", O_RDONLY)));
    expect(dir, IN_OPEN, "file");
    expect(dir, IN_CLOSE_NOWRITE, "file");

    int file = inotify_add_watch(in, "dir/file", IN_MOVE_SELF | IN_DELETE_SELF);
    CHECK_EQ(file, 2);
    CHECK_OK(rename("dir/file", "dir/moved"));
    uint32_t cookie = expect(dir, IN_MOVED_FROM, "file");
    CHECK(cookie != 0);
    CHECK_EQ(expect(dir, IN_MOVED_TO, "moved"), cookie);
    expect(file, IN_MOVE_SELF, "");
    CHECK_OK(mkdir("dir/sub", 0755));
    expect(dir, IN_CREATE | IN_ISDIR, "sub");
    CHECK_OK(rmdir("dir/sub"));
    expect(dir, IN_DELETE | IN_ISDIR, "sub");
    CHECK_OK(inotify_rm_watch(in, file));
    expect(file, IN_IGNORED, "");
    CHECK_ERRNO(inotify_rm_watch(in, file), EINVAL);
    CHECK_OK(unlink("dir/moved"));
    expect(dir, IN_DELETE, "moved");
    nothing_left();

    // Masks: replaced, added to, created only if new; one event only.
    CHECK_EQ(inotify_add_watch(in, "dir", IN_CREATE), dir);
    CHECK_EQ(inotify_add_watch(in, "dir", IN_DELETE | IN_MASK_ADD), dir);
    CHECK_ERRNO(inotify_add_watch(in, "dir", IN_CREATE | IN_MASK_CREATE), EEXIST);
    CHECK_OK(close(open("dir/a", O_RDWR | O_CREAT, 0600)));
    CHECK_OK(unlink("dir/a"));
    expect(dir, IN_CREATE, "a");
    expect(dir, IN_DELETE, "a");
    nothing_left();
    CHECK_OK(rmdir("dir"));
    expect(dir, IN_IGNORED, "");

    CHECK_ERRNO(inotify_add_watch(in, "none", IN_CREATE), ENOENT);
    CHECK_ERRNO(inotify_add_watch(in, ".", 0), EINVAL);
    CHECK_ERRNO(inotify_add_watch(0, ".", IN_CREATE), EINVAL);
    CHECK_ERRNO(inotify_init1(0x1000000), EINVAL);
    int here = inotify_add_watch(in, ".", IN_CREATE | IN_ONESHOT);
    CHECK_OK(mkdir("once", 0755));
    CHECK_OK(mkdir("twice", 0755));
    expect(here, IN_CREATE | IN_ISDIR, "once");
    expect(here, IN_IGNORED, "");
    nothing_left();
    return check_done();
}
