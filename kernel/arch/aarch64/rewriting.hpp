// The switch for call-site rewriting, which only x86-64's privilege model `linked` has.
#pragma once

namespace baryon::arch {

inline void enable_rewriting(bool) {}

}  // namespace baryon::arch
