// Interfaces and addresses as programs ask for them: getifaddrs, names and indices, SIOCGIF*, rtnetlink, /proc/net.
// getifaddrs(3), netdevice(7), rtnetlink(7), proc(5)
// fast
// libc: glibc
#include "loopback_interface.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static int contains(const char* path, const char* text)
{
    static char all[65536];
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    size_t size = 0;
    ssize_t n;
    while (size < sizeof all - 1 && (n = read(fd, all + size, sizeof all - 1 - size)) > 0) size += (size_t)n;
    all[size] = 0;
    CHECK_OK(close(fd));
    return strstr(all, text) != NULL;
}

int main(void)
{
    check_loopback_interface();

    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    CHECK_OK(ioctl(s, SIOCGIFFLAGS, &request));
    CHECK((request.ifr_flags & (IFF_UP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOOPBACK));
    CHECK_OK(ioctl(s, SIOCGIFADDR, &request));
    CHECK_EQ(((struct sockaddr_in*)&request.ifr_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_OK(ioctl(s, SIOCGIFMTU, &request));
    CHECK(request.ifr_mtu > 0);
    strcpy(request.ifr_name, "none");
    CHECK_ERRNO(ioctl(s, SIOCGIFFLAGS, &request), ENODEV);
    struct ifreq requests[32];
    struct ifconf conf = {.ifc_len = sizeof requests, .ifc_req = requests};
    CHECK_OK(ioctl(s, SIOCGIFCONF, &conf));
    CHECK(conf.ifc_len >= (int)sizeof requests[0]);
    CHECK_EQ(conf.ifc_len % sizeof requests[0], 0);

    // Asked directly: datagrams of messages, and one that says it is done.
    int n = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    CHECK(n >= 0);
    struct sockaddr_nl own = {.nl_family = AF_NETLINK};
    socklen_t length = sizeof own;
    CHECK_OK(bind(n, (struct sockaddr*)&own, sizeof own));
    CHECK_OK(getsockname(n, (struct sockaddr*)&own, &length));
    CHECK_EQ(length, sizeof own);
    CHECK(own.nl_pid != 0);
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } ask = {{NLMSG_LENGTH(sizeof ask.body), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 77, 0}, {AF_UNSPEC}};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK}, from;
    CHECK_EQ(sendto(n, &ask, ask.header.nlmsg_len, 0, (struct sockaddr*)&kernel, sizeof kernel), ask.header.nlmsg_len);
    static char answer[65536];
    int links = 0, done = 0;
    while (!done) {
        length = sizeof from;
        ssize_t got = recvfrom(n, answer, sizeof answer, 0, (struct sockaddr*)&from, &length);
        CHECK(got > 0);
        CHECK_EQ(from.nl_pid, 0);
        for (struct nlmsghdr* h = (struct nlmsghdr*)answer; NLMSG_OK(h, (unsigned)got); h = NLMSG_NEXT(h, got)) {
            CHECK_EQ(h->nlmsg_seq, 77);
            CHECK_EQ(h->nlmsg_pid, own.nl_pid);
            CHECK(h->nlmsg_flags & NLM_F_MULTI);
            if (h->nlmsg_type == NLMSG_DONE) done = 1;
            else CHECK_EQ(h->nlmsg_type, RTM_NEWLINK);
            links += h->nlmsg_type == RTM_NEWLINK;
        }
    }
    CHECK(links >= 1);
    CHECK_ERRNO(recv(n, answer, sizeof answer, MSG_DONTWAIT), EAGAIN);
    CHECK_ERRNO(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE), ESOCKTNOSUPPORT);

    int listener = inet_bound(SOCK_STREAM);
    char line[64];
    snprintf(line, sizeof line, "0100007F:%04X 00000000:0000 0A", inet_port(listener));
    CHECK(contains("/proc/net/tcp", line));
    CHECK(contains("/proc/self/net/tcp", line));
    CHECK_OK(close(listener));
    CHECK(!contains("/proc/net/tcp", line));
    CHECK(contains("/proc/net/dev", "    lo:"));
    CHECK(contains("/proc/net/route", "Iface\tDestination"));
    return check_done();
}
