// Interfaces by name, index and address: if_nametoindex(3), getifaddrs(3)
// fast
#include "loopback_interface.h"

int main(void)
{
    check_loopback_interface();
    return check_done();
}
