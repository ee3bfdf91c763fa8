#include "kernel/arch/aarch64/vdso.hpp"

#include "kernel/arch/aarch64/boot_info.hpp"
#include "kernel/base/panic.hpp"

extern "C" const char baryon_vdso_begin[], baryon_vdso_end[];

namespace baryon::arch {
namespace {

// mov x8, #139; svc #0: what __kernel_rt_sigreturn consists of, and what unwinders know a signal frame by.
constexpr u32 kMoveNumber = 0xd2801168, kSvc = 0xd4000001;

u64 find_sigreturn() {
  const auto* words = reinterpret_cast<const u32*>(baryon_vdso_begin);
  const u64 count = static_cast<u64>(baryon_vdso_end - baryon_vdso_begin) / sizeof(u32);
  for (u64 i = 0; i + 1 < count; ++i)
    if (words[i] == kMoveNumber && words[i + 1] == kSvc) return i * sizeof(u32);
  panic("the vDSO has no __kernel_rt_sigreturn");
}

}  // namespace

VdsoImage vdso_image() {
  const u64 begin = reinterpret_cast<u64>(baryon_vdso_begin);
  return {.code = begin - boot_page().direct_map_base,
          .code_pages = static_cast<u64>(baryon_vdso_end - baryon_vdso_begin) / kPageSize,
          .data = boot_page().clock,
          .data_pages = 1};
}

u64 vdso_sigreturn_offset() {
  static constinit u64 offset = 0;
  if (offset == 0) offset = find_sigreturn();
  return offset;
}

}  // namespace baryon::arch
