// /proc/sysvipc. What it shows is another module's, as for /proc/net.
#pragma once

#include "kernel/base/string.hpp"

namespace baryon::fs {

using IpcReport = Result<void> (*)(String& out);
struct IpcReports {
  IpcReport messages, semaphores, shared_memory;
};
// Once, at boot. Until then the files are empty.
void set_ipc_reports(const IpcReports& reports);

}  // namespace baryon::fs
