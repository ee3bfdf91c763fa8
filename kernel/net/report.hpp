// What /proc/net shows, as text: proc(5), proc_net(5).
#pragma once

#include "kernel/base/string.hpp"

namespace baryon::net {

Result<void> report_tcp(String& out);
Result<void> report_tcp6(String& out);
Result<void> report_udp(String& out);
Result<void> report_udp6(String& out);
Result<void> report_unix(String& out);
Result<void> report_devices(String& out);
Result<void> report_routes(String& out);
Result<void> report_addresses6(String& out);

}  // namespace baryon::net
