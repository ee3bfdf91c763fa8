// The environment is a list of NAME=value strings and can be changed. environ(7), setenv(3)
// fast
#include "../../check.h"

extern char** environ;

int main(void)
{
    int count = 0;
    for (char** entry = environ; *entry; ++entry, ++count) CHECK(strchr(*entry, '=') != NULL);
    CHECK(count > 0);
    CHECK(getenv("PATH") != NULL);
    CHECK_EQ(setenv("BARYON_CASE", "one", 1), 0);
    CHECK_STR(getenv("BARYON_CASE"), "one");
    CHECK_EQ(setenv("BARYON_CASE", "two", 0), 0);
    CHECK_STR(getenv("BARYON_CASE"), "one");
    CHECK_EQ(unsetenv("BARYON_CASE"), 0);
    CHECK(getenv("BARYON_CASE") == NULL);
    return check_done();
}
