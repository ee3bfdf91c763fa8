// Entry code of privilege model `split`.
    .text
    .global baryon_vectors_split
baryon_vectors_split:
    .global baryon_syscall_split
baryon_syscall_split:
    ud2
