// Interfaces by name, index and address: if_nametoindex(3), getifaddrs(3)
// fast
#include "inet.h"

#include <ifaddrs.h>
#include <net/if.h>

int main(void)
{
    struct ifaddrs* list;
    int inet = 0, links = 0;
    CHECK_OK(getifaddrs(&list));
    for (struct ifaddrs* each = list; each; each = each->ifa_next) {
        if (strcmp(each->ifa_name, "lo") != 0 || !each->ifa_addr) continue;
        CHECK(each->ifa_flags & IFF_LOOPBACK);
        links += each->ifa_addr->sa_family == AF_PACKET;
        inet += each->ifa_addr->sa_family == AF_INET;
    }
    freeifaddrs(list);
    CHECK_EQ(links, 1);
    CHECK_EQ(inet, 1);
    char name[IF_NAMESIZE];
    unsigned index = if_nametoindex("lo");
    CHECK(index > 0);
    CHECK(if_indextoname(index, name) == name);
    CHECK_STR(name, "lo");
    CHECK_EQ(if_nametoindex("no-such-one"), 0);
    return check_done();
}
