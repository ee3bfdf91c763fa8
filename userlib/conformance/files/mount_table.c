// /proc/self/mounts and mountinfo say what is mounted where and how. proc(5)
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (!may_mount()) return check_done();
    char source[256], where[512], type[64], options[256], root[256];
    int id, parent, major, minor, outer;
    struct stat status;
    CHECK_OK(mkdir("m n", 0755));
    CHECK_OK(mkdir("b", 0755));
    CHECK_OK(mount("some source", "m n", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m"));
    CHECK_OK(stat("m n", &status));
    const char* line = mount_line("/proc/self/mounts", 1, absolute("m\\040n"));
    CHECK_EQ(sscanf(line, "%255s %511s %63s %255s", source, where, type, options), 4);
    CHECK_STR(source, "some\\040source");
    CHECK_STR(type, "tmpfs");
    CHECK(strncmp(options, "rw,nosuid,nodev,relatime", 24) == 0);

    line = mount_line("/proc/self/mountinfo", 4, absolute("m\\040n"));
    CHECK_EQ(sscanf(line, "%d %d %d:%d %255s %511s %255s", &outer, &parent, &major, &minor, root, where, options), 7);
    CHECK_STR(root, "/");
    CHECK_EQ(status.st_dev, major << 8 | minor);
    CHECK(strstr(line, " - tmpfs some\\040source ") != NULL);

    // A bind mount: the same device, another number, and which directory is its root.
    CHECK_OK(mkdir("m n/sub", 0755));
    CHECK_OK(mkdir("m n/sub/inner", 0755));
    CHECK_OK(mount("m n/sub", "b", NULL, MS_BIND, NULL));
    CHECK_OK(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, NULL));
    line = mount_line("/proc/self/mountinfo", 4, absolute("b"));
    int other_major, other_minor, other_parent;
    CHECK_EQ(sscanf(line, "%d %d %d:%d %255s %511s %255s", &id, &other_parent, &other_major, &other_minor, root, where,
                    options),
             7);
    CHECK(id != outer);
    CHECK_EQ(other_parent, parent);
    CHECK_EQ(other_major, major);
    CHECK_EQ(other_minor, minor);
    CHECK_STR(root, "/sub");
    CHECK(strncmp(options, "ro,noexec", 9) == 0);

    // A mount in a mount has it as its parent.
    CHECK_OK(mount("none", "b/inner", "tmpfs", 0, NULL));
    line = mount_line("/proc/self/mountinfo", 4, absolute("b/inner"));
    CHECK_EQ(sscanf(line, "%d %d", &major, &other_parent), 2);
    CHECK_EQ(other_parent, id);
    CHECK_OK(umount("b/inner"));
    CHECK_OK(umount("b"));
    CHECK_OK(umount("m n"));
    CHECK_STR(mount_line("/proc/self/mounts", 1, absolute("b")), "");
    CHECK_STR(mount_line("/proc/self/mounts", 1, absolute("m\\040n")), "");
    return check_done();
}
