// Changes a tree in the ways that an overlay has to copy, cover and redirect; harness/boot/test_overlay.py makes the tree
// and looks at the host's side afterwards.
#include "../check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void put(const char* path, const char* text, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0644);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
    CHECK_OK(close(fd));
}

static void is(const char* path, const char* text)
{
    char buffer[64] = {0};
    int fd = open(path, O_RDONLY);
    CHECK_OK(fd);
    CHECK(read(fd, buffer, sizeof buffer - 1) >= 0);
    CHECK_OK(close(fd));
    CHECK_STR(buffer, text);
}

// The names in a directory, sorted, with a blank after each.
static const char* names(const char* path)
{
    static char text[512];
    struct dirent** entries;
    int count = scandir(path, &entries, NULL, alphasort);
    CHECK(count >= 2);
    text[0] = 0;
    for (int i = 0; i < count; ++i) {
        if (entries[i]->d_name[0] != '.') strcat(strcat(text, entries[i]->d_name), " ");
        free(entries[i]);
    }
    free(entries);
    return text;
}

int main(void)
{
    struct stat before, after, open_status;
    char byte;
    CHECK_OK(chdir("/"));
    CHECK_STR(names("/"), "bin dev etc gone proc sys tree ");

    // An open file keeps its identity and the path shows the same one, before and after the copy.
    CHECK_OK(stat("etc/greeting", &before));
    int reader = open("etc/greeting", O_RDONLY);
    CHECK_OK(fstat(reader, &open_status));
    CHECK_EQ(open_status.st_ino, before.st_ino);
    CHECK_EQ(open_status.st_dev, before.st_dev);
    is("etc/greeting", "hello\n");
    put("etc/greeting", "more\n", O_APPEND);
    is("etc/greeting", "hello\nmore\n");
    CHECK_OK(stat("etc/greeting", &after));
    CHECK_EQ(after.st_ino, before.st_ino);
    put("etc/greeting", "changed\n", O_TRUNC);
    is("etc/greeting", "changed\n");
    CHECK_OK(stat("etc", &before));

    // Deleted names are gone, also from listings, and may be made again.
    CHECK_OK(unlink("etc/old"));
    CHECK_ERRNO(stat("etc/old", &after), ENOENT);
    CHECK_STR(names("etc"), "greeting private ");
    put("etc/old", "new\n", O_EXCL);
    is("etc/old", "new\n");
    CHECK_OK(unlink("etc/old"));
    CHECK_OK(symlink("greeting", "etc/old"));
    is("etc/old", "changed\n");
    CHECK_OK(unlink("etc/old"));

    // Files move; what they replace is covered.
    CHECK_OK(rename("etc/private", "etc/secret"));
    CHECK_STR(names("etc"), "greeting secret ");
    is("etc/secret", "secret\n");
    CHECK_OK(rename("etc/secret", "tree/file"));
    is("tree/file", "secret\n");
    CHECK_STR(names("etc"), "greeting ");

    // A directory moves with what is below it in the lower layer.
    CHECK_OK(rename("tree", "moved"));
    CHECK_ERRNO(stat("tree", &after), ENOENT);
    CHECK_STR(names("moved"), "deep file ");
    is("moved/deep/leaf", "leaf\n");
    put("moved/deep/leaf", "grown\n", O_APPEND);
    is("moved/deep/leaf", "leaf\ngrown\n");
    CHECK_OK(mkdir("tree", 0700));
    CHECK_STR(names("tree"), "");  // nothing of the old one shines through
    CHECK_ERRNO(stat("tree/deep", &after), ENOENT);
    CHECK_OK(rename("moved/deep", "tree/deep"));
    is("tree/deep/leaf", "leaf\ngrown\n");
    CHECK_STR(names("moved"), "file ");

    // Directories are removed when they look empty.
    CHECK_ERRNO(rmdir("gone"), ENOTEMPTY);
    CHECK_ERRNO(rmdir("gone/below"), ENOTEMPTY);
    CHECK_OK(unlink("gone/below/f"));
    CHECK_OK(rmdir("gone/below"));
    CHECK_STR(names("gone"), "");
    CHECK_OK(rmdir("gone"));
    CHECK_OK(mkdir("gone", 0755));
    CHECK_STR(names("gone"), "");

    // Attributes alone.
    CHECK_OK(chmod("bin/busybox", 0711));
    CHECK_OK(stat("bin/busybox", &after));
    CHECK_EQ(after.st_mode & 07777, 0711);
    CHECK(after.st_size > 100000);

    // A hard link of a copy; a mapping of the lower file is untouched by later writes.
    CHECK_OK(link("tree/deep/leaf", "tree/hard"));
    CHECK_OK(stat("tree/hard", &after));
    CHECK_EQ(after.st_nlink, 2);
    CHECK_EQ(pread(reader, &byte, 1, 0), 1);
    CHECK_EQ(byte, 'h');
    int fd = open("etc/greeting", O_RDWR);
    char* map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    map[0] = 'C';
    is("etc/greeting", "Changed\n");
    return check_done();
}
