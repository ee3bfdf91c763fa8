"""Small ELF files, right and wrong, built field by field (elf(5))."""

from __future__ import annotations

import signal
import struct
from dataclasses import dataclass, replace

BASE = 0x400000
PT_LOAD = 1
PT_INTERP = 3

# mov $60,%eax; mov $7,%edi; syscall: exit(7)
_EXIT_7 = bytes.fromhex("b83c000000bf070000000f05")
# The file's only page has code from here on.
_CODE_OFFSET = 0x800


@dataclass(frozen=True)
class Segment:
    type: int = PT_LOAD
    flags: int = 5  # readable, executable
    offset: int = 0
    vaddr: int = BASE
    filesz: int = 0x1000
    memsz: int = 0x1000
    align: int = 0x1000

    def pack(self) -> bytes:
        return struct.pack(
            "<IIQQQQQQ", self.type, self.flags, self.offset, self.vaddr, self.vaddr, self.filesz, self.memsz, self.align
        )


@dataclass(frozen=True)
class Elf:
    """An executable of one page that exits with status 7, unless a field makes it something else."""

    magic: bytes = b"\x7fELF"
    ei_class: int = 2
    ei_data: int = 1
    ei_version: int = 1
    type: int = 2
    machine: int = 62
    entry: int = BASE + _CODE_OFFSET
    phoff: int = 64
    phentsize: int = 56
    phnum: int | None = None
    segments: tuple[Segment, ...] = (Segment(),)
    code: bytes = _EXIT_7

    def pack(self) -> bytes:
        ident = self.magic + bytes([self.ei_class, self.ei_data, self.ei_version]) + bytes(9)
        count = len(self.segments) if self.phnum is None else self.phnum
        header = ident + struct.pack(
            "<HHIQQQIHHHHHH", self.type, self.machine, 1, self.entry, self.phoff, 0, 0, 64, self.phentsize, count, 0, 0, 0
        )
        body = header + b"".join(segment.pack() for segment in self.segments)
        body = body.ljust(_CODE_OFFSET, b"\0") + self.code
        return body.ljust(0x1000, b"\0")


GOOD = Elf()


def with_segment(**fields: int) -> Elf:
    return replace(GOOD, segments=(replace(Segment(), **fields),))


# Each must be refused: name of the defect to the file's bytes.
CRAFTED: dict[str, bytes] = {
    "wrong magic": replace(GOOD, magic=b"\x7fELG").pack(),
    "32-bit class": replace(GOOD, ei_class=1).pack(),
    "big endian": replace(GOOD, ei_data=2).pack(),
    "another architecture": replace(GOOD, machine=183).pack(),
    "object file": replace(GOOD, type=1).pack(),
    "core file": replace(GOOD, type=4).pack(),
    "no program headers": replace(GOOD, segments=(), phnum=0).pack(),
    "program headers beyond the file": replace(GOOD, phoff=0x100000).pack(),
    "program header offset that overflows": replace(GOOD, phoff=2**64 - 8).pack(),
    "program headers of a wrong size": replace(GOOD, phentsize=32).pack(),
    "65535 program headers": replace(GOOD, phnum=0xFFFF).pack(),
    "no loadable segment": with_segment(type=4).pack(),
    "segment at the kernel's half": with_segment(vaddr=0xFFFF800000000000).pack(),
    "segment at a non-canonical address": with_segment(vaddr=0x800000000000).pack(),
    "segment whose end overflows": with_segment(vaddr=2**64 - 0x1000, memsz=0x2000).pack(),
    "segment size that overflows": with_segment(memsz=2**64 - 1).pack(),
    "file size larger than memory size": with_segment(filesz=0x1000, memsz=0x800).pack(),
    "offset and address that disagree": with_segment(offset=0x10, vaddr=BASE + 0x20).pack(),
    "segment of 100 terabytes": with_segment(memsz=100 << 40).pack(),
    # Linux starts these two and they die of SIGSEGV at once; baryon says what is wrong with the file.
    "entry point outside every segment": replace(GOOD, entry=BASE + 0x100000).pack(),
    "entry point in data": with_segment(flags=6).pack(),
}
# A first instruction that the program does not survive: its code and the signal.
FATAL_CODE: dict[str, tuple[bytes, int]] = {
    "jump astray": (bytes.fromhex("b800005000ffe0"), signal.SIGSEGV),  # mov $0x500000,%eax; jmp *%rax
    "illegal instruction": (bytes.fromhex("0f0b"), signal.SIGILL),  # ud2
    "privileged instruction": (bytes.fromhex("f4"), signal.SIGSEGV),  # hlt
    "breakpoint": (bytes.fromhex("cc"), signal.SIGTRAP),  # int3
    "division by zero": (bytes.fromhex("31c9f7f1"), signal.SIGFPE),  # xor %ecx,%ecx; div %ecx
    "write to its own code": (bytes.fromhex("c7042500004000ffffff7f"), signal.SIGSEGV),  # movl $0x7fffffff,0x400000
}
TRUNCATED_LENGTHS = [0, 1, 4, 16, 63, 64, 100, 119]
