// Guest-physical address map of an aarch64 sandbox. RAM lies where QEMU's machine `virt` has it.
//
//   0 .. 0x4000'0000       no memory; the doorbell page at kDoorbell, which `virt` leaves free; an engine's devices
//   0x4000'0000            RAM: kernel image and boot structures first (loader/boot_layout.hpp), then the kernel's
//
// Guest-virtual: direct-map base + guest-physical for both. TTBR1 covers 39 bits, so there is one possible base.
#pragma once

#include <cstdint>

#include "kernel/abi/arch/aarch64/vcpu_area.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host::arch::aarch64 {

inline constexpr std::uint32_t kElfMachine = 183;  // EM_AARCH64
inline constexpr abi::Gpa kRamBase = abi::aarch64::kRamBase;
inline constexpr abi::Gpa kDoorbell = 0x0f00'0000;

inline constexpr std::uint64_t kMapLimit = std::uint64_t{1} << 39;
inline constexpr std::uint64_t kMaxRam = std::uint64_t{256} << 30;

[[nodiscard]] constexpr bool valid_direct_map_base(std::uint64_t base) { return base == abi::aarch64::kDirectMapBase; }

[[nodiscard]] constexpr abi::Gpa doorbell_gpa(std::uint64_t /*ram_size*/) { return kDoorbell; }

}  // namespace baryon::host::arch::aarch64
