// A script's first line names its interpreter and one argument; the script's path replaces its name. execve(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char self[4096];

static void make_script(const char* name, const char* line)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, line, strlen(line)), (ssize_t)strlen(line));
    CHECK_OK(close(fd));
    CHECK_OK(chmod(name, 0755));
}

static int run(const char* name)
{
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        char* const arguments[] = {"ignored", "last", NULL};
        char* const environment[] = {NULL};
        execve(name, arguments, environment);
        _exit(errno == ELOOP ? 200 : 201);
    }
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int main(int argc, char** argv)
{
    if (argc == 3) {  // without an argument of the line
        CHECK_STR(argv[1], "./plain");
        CHECK_STR(argv[2], "last");
        return 11;
    }
    if (argc == 4) {
        CHECK_STR(argv[1], "one argument");
        CHECK_STR(argv[2], "./argument");
        CHECK_STR(argv[3], "last");
        return 12;
    }
    if (argc == 5) {  // a script run by a script
        CHECK_STR(argv[1], "one argument");
        CHECK_STR(argv[2], "./argument");
        CHECK_STR(argv[3], "./nested");
        CHECK_STR(argv[4], "last");
        return 13;
    }
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    CHECK(length > 0);
    if (length > 200) return check_done();  // longer than a first line can be
    char line[600];
    snprintf(line, sizeof line, "#! \t%s  \nbody", self);
    make_script("plain", line);
    CHECK_EQ(run("./plain"), 11);
    snprintf(line, sizeof line, "#!%s   one argument \t\n", self);
    make_script("argument", line);
    CHECK_EQ(run("./argument"), 12);
    make_script("nested", "#!./argument\n");
    CHECK_EQ(run("./nested"), 13);
    make_script("endless", "#!./endless\n");
    CHECK_EQ(run("./endless"), 200);
    return check_done();
}
