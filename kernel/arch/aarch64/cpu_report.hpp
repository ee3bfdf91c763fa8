#pragma once

#include "kernel/base/string.hpp"

namespace baryon::arch {

Result<void> append_cpu_report(u32 cpu, u32 cpus, u64 khz, String& out);

}  // namespace baryon::arch
