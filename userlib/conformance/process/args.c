// Arguments arrive unchanged, in order, terminated by a null pointer. execve(2)
// args: alpha beta-gamma --delta=4 - -- ünï
// fast
#include "../../check.h"

int main(int argc, char** argv)
{
    CHECK_EQ(argc, 7);
    CHECK(argv[0] != NULL && argv[0][0] != '\0');
    CHECK_STR(argv[1], "alpha");
    CHECK_STR(argv[2], "beta-gamma");
    CHECK_STR(argv[3], "--delta=4");
    CHECK_STR(argv[4], "-");
    CHECK_STR(argv[5], "--");
    CHECK_STR(argv[6], "\xc3\xbcn\xc3\xaf");
    CHECK(argv[7] == NULL);
    return check_done();
}
