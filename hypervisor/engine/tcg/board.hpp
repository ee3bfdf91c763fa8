// The machine that QEMU is asked to be, for one guest architecture: everything that engine tcg knows about it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hypervisor/arch/api/first_state.hpp"
#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/engine/guest_counter.hpp"
#include "hypervisor/loader/boot_layout.hpp"

namespace baryon::host::tcg {

struct Board {
  const char* qemu;                  // the program's name
  std::vector<std::string> machine;  // its arguments: machine and CPU
  PlatformNeeds needs;
  GuestCounter counter;  // but for the offset

  // The ROM in which every vCPU starts, with what the host has to tell it: one FirstState per vCPU.
  std::vector<std::byte> (*firmware)(std::span<const arch::FirstState> states, const BootLayout& layout);
};

[[nodiscard]] const Board& board_of(Arch arch);

// --- one per architecture, <architecture>/board.cpp ---
namespace x86_64 {
[[nodiscard]] Board board();
}
namespace aarch64 {
[[nodiscard]] Board board();
}

}  // namespace baryon::host::tcg
