// How seccomp(2) names this architecture's system call convention.
#pragma once

#include <linux/audit.h>

#include <cstdint>

namespace baryon::host {

inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_AARCH64;

}  // namespace baryon::host
