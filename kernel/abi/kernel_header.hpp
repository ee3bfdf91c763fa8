// What the kernel image tells the host before it runs: section .baryon.header, which is the first
// thing in the first loadable segment of the kernel ELF file.
//
// The kernel is linked so that virtual address = direct-map base + guest-physical address; the host
// learns the base as p_vaddr - p_paddr of the first segment and builds the first page tables with it.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

// All addresses are guest-virtual. `split` and `linked` name the privilege model (boot_page.hpp).
struct KernelHeader {
  u64 magic;    // kKernelMagic
  u32 version;  // kVersion
  u32 machine;  // ELF e_machine: 62 x86-64, 183 aarch64
  // First instruction of the boot vCPU and of the others. Entered with the vCPU's VcpuPage address
  // (guest-virtual) in the first argument register (and in GS base on x86-64), on the stack below.
  u64 boot_entry;
  u64 secondary_entry;
  // Exception vectors. x86-64: kVectorStride bytes a vector, 256 vectors.
  u64 vectors_linked;
  u64 vectors_split;
  // x86-64: target of LSTAR for each model.
  u64 syscall_linked;
  u64 syscall_split;
  // End of the image in guest-virtual addresses (BSS included), page aligned.
  u64 image_end;
};

inline constexpr u64 kVectorStride = 16;

}  // namespace baryon::abi
