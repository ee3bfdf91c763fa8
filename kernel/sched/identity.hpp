// What the system calls itself: uname(2), /proc/version and /proc/sys/kernel.
#pragma once

namespace baryon::sched {

inline constexpr char kSystemName[] = "Linux";
// The Linux release whose interface is implemented as far as it goes; C libraries check it.
inline constexpr char kRelease[] = "6.1.0-baryon";
inline constexpr char kBuildVersion[] = "#1 SMP Baryon";
inline constexpr char kDomainName[] = "(none)";
inline constexpr unsigned kHostNameSize = 65;  // NUL included

const char* host_name();
// At boot, from the boot page; cut to kHostNameSize. Empty: stays "baryon".
void set_host_name(const char* name, unsigned size);

}  // namespace baryon::sched
