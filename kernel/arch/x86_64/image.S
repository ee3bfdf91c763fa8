// The image header (abi::KernelHeader), first in the first loadable segment.
#include "kernel/abi/version.hpp"

    .section .baryon.header, "a"
    .quad 0x314c4e5259414221            // kKernelMagic
    .long BARYON_ABI_VERSION            // kVersion
    .long 62                            // EM_X86_64
    .quad baryon_boot_entry
    .quad baryon_secondary_entry
    .quad baryon_vectors_linked
    .quad baryon_vectors_split
    .quad baryon_syscall_linked
    .quad baryon_syscall_split
    .quad baryon_image_end
