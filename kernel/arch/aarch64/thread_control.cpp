#include "kernel/arch/aarch64/thread_control.hpp"

namespace baryon::arch {

Result<u64> thread_control(u64, u64) { return Errno::nosys; }

}  // namespace baryon::arch
