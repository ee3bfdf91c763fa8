// /proc/net. What it shows is another module's: whoever knows both hands over the functions.
#pragma once

#include "kernel/base/string.hpp"

namespace baryon::fs {

using NetReport = Result<void> (*)(String& out);
struct NetReports {
  NetReport tcp, tcp6, udp, udp6, unix_sockets, devices, routes, addresses6;
};
// Once, at boot. Until then the files are empty.
void set_net_reports(const NetReports& reports);

}  // namespace baryon::fs
