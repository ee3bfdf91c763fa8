// What the cases about interfaces say of loopback: getifaddrs(3), if_nametoindex(3)
#pragma once

#include "inet.h"

#include <ifaddrs.h>
#include <net/if.h>

// One link, one IPv4 address, and an index that leads back to its name.
static inline void check_loopback_interface(void)
{
    struct ifaddrs* list;
    int links = 0, inet = 0;
    CHECK_OK(getifaddrs(&list));
    for (struct ifaddrs* each = list; each; each = each->ifa_next) {
        if (strcmp(each->ifa_name, "lo") != 0 || !each->ifa_addr) continue;
        CHECK(each->ifa_flags & IFF_LOOPBACK);
        links += each->ifa_addr->sa_family == AF_PACKET;
        if (each->ifa_addr->sa_family != AF_INET) continue;
        CHECK_EQ(((struct sockaddr_in*)each->ifa_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
        CHECK_EQ(((struct sockaddr_in*)each->ifa_netmask)->sin_addr.s_addr, htonl(0xff000000));
        ++inet;
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
}
