#include "kernel/arch/x86_64/vdso.hpp"

#include "kernel/arch/x86_64/boot_info.hpp"

extern "C" const char baryon_vdso_begin[], baryon_vdso_end[];

namespace baryon::arch {

VdsoImage vdso_image() {
  const u64 begin = reinterpret_cast<u64>(baryon_vdso_begin);
  return {.code = begin - boot_page().direct_map_base,
          .code_pages = static_cast<u64>(baryon_vdso_end - baryon_vdso_begin) / kPageSize,
          .data = boot_page().clock,
          .data_pages = 1};
}

}  // namespace baryon::arch
