// The boot page as seen by architecture code.
#pragma once

#include "kernel/abi/boot_page.hpp"
#include "kernel/arch/aarch64/cpu.hpp"

namespace baryon::arch {

inline const abi::BootPage& boot_page() { return *reinterpret_cast<const abi::BootPage*>(vcpu_page().boot_page); }
inline void* phys_address(abi::Gpa gpa) { return reinterpret_cast<void*>(boot_page().direct_map_base + gpa); }

}  // namespace baryon::arch
