// The switch for call-site rewriting.
#pragma once

#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/arch/x86_64/linked/rewrite.hpp"

namespace baryon::arch {

inline void enable_rewriting(bool on) { rewrite_enable(on && is_linked()); }

}  // namespace baryon::arch
