// The image header (abi::KernelHeader), first in the first loadable segment.
#include "kernel/abi/version.hpp"

    .section .baryon.header, "a"
    .quad 0x314c4e5259414221            // kKernelMagic
    .long BARYON_ABI_VERSION            // kVersion
    .long 183                           // EM_AARCH64
    .quad baryon_boot_entry
    .quad baryon_secondary_entry
    .quad 0                             // privilege model linked does not exist here
    .quad baryon_vectors_split
    .quad 0
    .quad 0
    .quad baryon_image_end
