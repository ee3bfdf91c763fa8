// What /proc/cpuinfo says about a processor.
//
// An architecture provides, in namespace baryon::arch:
//   Result<void> append_cpu_report(u32 cpu, u32 cpus, u64 khz, String& out)
//       the paragraph of processor `cpu` of `cpus`, an empty line at its end, in Linux's format; `khz`: the
//       counter's frequency
#pragma once

#include <arch/cpu_report.hpp>
