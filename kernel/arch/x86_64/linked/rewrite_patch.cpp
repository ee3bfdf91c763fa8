// Cross-modifying code (SDM volume 3, 8.1.3; APM volume 2, 7.6.1).
//
// A store inside one aligned quadword is seen as a whole by instruction fetch (APM: "asynchronous modification"; Intel
// processors behave alike), and every mixture in time is right: the old bytes make a system call that traps, the new
// ones jump.
//
// Otherwise the bytes go in one by one, each step a single byte and each state in between safe:
//   1. INT3 at the patch, and at each displaced instruction its final byte, which raises #UD
//   2. shoot-down: from here no vCPU starts an instruction at any of these addresses; a trap there is
//      retried (#BP) or led to the stub (#UD)
//   3. the other bytes, which no instruction starts with
//   4. shoot-down
//   5. the jump's first byte in place of the INT3
// Entering and leaving the kernel for the shoot-down serialises the other vCPUs (IRET).
#include "kernel/arch/x86_64/linked/rewrite_patch.hpp"

#include <atomic>

#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/arch/x86_64/interrupts.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::arch {

Result<void> TextWindow::open(TextWindow& out, mm::AddressSpace& space, VirtAddr address, u64 length) {
  out.start_ = align_down(address, kPageSize);
  out.frames_[0] = TRY(space.private_frame(out.start_));
  if (align_down(address + length - 1, kPageSize) != out.start_)
    out.frames_[1] = TRY(space.private_frame(out.start_ + kPageSize));
  return {};
}

TextWindow::~TextWindow() {
  for (const PhysAddr frame : frames_)
    if (frame != 0) mm::page_unref(frame);
}

u8* TextWindow::at(VirtAddr address) const {
  const u64 offset = address - start_;
  return mm::phys_to<u8>(frames_[offset / kPageSize]) + offset % kPageSize;
}

bool TextWindow::equals(VirtAddr address, std::span<const u8> bytes) const {
  for (u64 i = 0; i < bytes.size(); ++i)
    if (std::atomic_ref<u8>(*at(address + i)).load(std::memory_order_relaxed) != bytes[i]) return false;
  return true;
}

void TextWindow::write(VirtAddr address, std::span<const u8> bytes) const {
  for (u64 i = 0; i < bytes.size(); ++i)
    std::atomic_ref<u8>(*at(address + i)).store(bytes[i], std::memory_order_release);
}

void patch_text(const TextWindow& window, mm::AddressSpace& space, VirtAddr patch, const RewritePlan& plan,
                const u8 (&jump)[kJumpLength]) {
  if (const u64 in_word = patch % 8; in_word + kJumpLength <= 8) {
    std::atomic_ref<u64> word(*reinterpret_cast<u64*>(window.at(patch - in_word)));
    u64 old = word.load(std::memory_order_relaxed);
    u64 changed;
    do {
      changed = old;
      __builtin_memcpy(reinterpret_cast<u8*>(&changed) + in_word, jump, kJumpLength);
    } while (!word.compare_exchange_weak(old, changed, std::memory_order_seq_cst));
    return;
  }
  auto store = [&](unsigned i, u8 value) {
    std::atomic_ref<u8>(*window.at(patch + i)).store(value, std::memory_order_seq_cst);
  };
  const u64 others = space.cpu_mask() & ~(u64{1} << cpu_index());
  store(0, 0xcc);
  for (unsigned i = 1; i < kJumpLength; ++i)
    if ((plan.trapping >> (i - 1) & 1) != 0) store(i, jump[i]);
  shoot_down(others);
  for (unsigned i = 1; i < kJumpLength; ++i)
    if ((plan.trapping >> (i - 1) & 1) == 0) store(i, jump[i]);
  shoot_down(others);
  store(0, jump[0]);
}

}  // namespace baryon::arch
