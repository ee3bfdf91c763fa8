// Calendar arithmetic in UTC round-trips, leap years included; needs no file. gmtime(3), timegm(3), strftime(3)
// fast
#include "../../check.h"

int main(void)
{
    char text[64];
    for (time_t t = -2000000000; t < 4000000000; t += 12345677) {
        struct tm tm;
        CHECK(gmtime_r(&t, &tm) != NULL);
        CHECK_EQ(timegm(&tm), t);
    }
    time_t leap = 1709210096;
    struct tm tm;
    CHECK(gmtime_r(&leap, &tm) != NULL);
    CHECK(strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j %a", &tm) > 0);
    CHECK_STR(text, "2024-02-29 12:34:56 060 Thu");
    return check_done();
}
