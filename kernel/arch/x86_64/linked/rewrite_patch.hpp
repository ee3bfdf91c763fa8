// Writing into program text while other vCPUs may be executing it.
#pragma once

#include <span>

#include "kernel/arch/x86_64/linked/rewrite_plan.hpp"
#include "kernel/mm/address_space.hpp"

namespace baryon::arch {

// Kernel aliases of up to two adjacent pages of a program, private to it and referenced until destruction.
class TextWindow {
 public:
  // Takes the pages behind [address, address + length), length <= kPageSize. May block.
  static Result<void> open(TextWindow& out, mm::AddressSpace& space, VirtAddr address, u64 length);
  TextWindow() = default;
  TextWindow(const TextWindow&) = delete;
  TextWindow& operator=(const TextWindow&) = delete;
  ~TextWindow();

  u8* at(VirtAddr address) const;
  bool equals(VirtAddr address, std::span<const u8> bytes) const;
  void write(VirtAddr address, std::span<const u8> bytes) const;

 private:
  VirtAddr start_ = 0;
  PhysAddr frames_[2] = {};  // 0 = none
};

// Replaces the five bytes at `patch` by `jump`. `plan` tells which of them other vCPUs may be about to execute.
// Needs the site to be known to rewrite_redirect and rewrite_breakpoint already; takes shoot-downs.
void patch_text(const TextWindow& window, mm::AddressSpace& space, VirtAddr patch, const RewritePlan& plan,
                const u8 (&jump)[kJumpLength]);

}  // namespace baryon::arch
