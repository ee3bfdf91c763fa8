// The vDSO as a file image, in pages of its own: programs map them.
    .section .rodata.vdso, "a"
    .balign 4096
    .global baryon_vdso_begin
baryon_vdso_begin:
    .incbin "vdso.so"
    .balign 4096
    .global baryon_vdso_end
baryon_vdso_end:
