// The firmware of each guest architecture, as the build has assembled it, in the host's binary.
    .section .rodata
    .global baryon_firmware_x86_64
baryon_firmware_x86_64:
    .incbin "firmware-x86_64.bin"
    .global baryon_firmware_x86_64_end
baryon_firmware_x86_64_end:
    .global baryon_firmware_aarch64
baryon_firmware_aarch64:
    .incbin "firmware-aarch64.bin"
    .global baryon_firmware_aarch64_end
baryon_firmware_aarch64_end:
    .section .note.GNU-stack, "", %progbits
