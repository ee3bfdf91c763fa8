"""GDB commands for a sandbox, seen from its host process. README beside this file says how to use them.

Guest RAM is one mapping of that process, and kernel-virtual = guest-physical + base of the direct map. So the kernel's
symbols are loaded at a fixed distance from where they are linked, a kernel pointer is followed by adding the same
distance, and GDB's own `print`, `x` and `ptype` work on the kernel's data.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from baryon_commands import register  # noqa: E402
from baryon_guest import Guest, set_guest  # noqa: E402

KERNEL_MAGIC = 0x314C4E5259414221  # kernel/abi/version.hpp
RAM_ALIGNMENT = 2 << 20  # hypervisor/memory/guest_memory.cpp
PT_LOAD = 1


@dataclass(frozen=True)
class Image:
    """The first loadable segment of the kernel's ELF file; its first bytes are the header of kernel_header.hpp."""

    path: str
    virtual: int
    physical: int


def image_of(path: str) -> Image:
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            if len(head) < 64 or head[:4] != b"\x7fELF":
                raise gdb.GdbError(f"{path} is not an ELF file")
            table, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
            file.seek(table)
            headers = file.read(size * count)
    except OSError as error:
        raise gdb.GdbError(f"{path}: {error.strerror} (name the kernel that this sandbox runs)") from error
    for at in range(0, len(headers), size):
        kind, _, _, virtual, physical = struct.unpack_from("<IIQQQ", headers, at)
        if kind == PT_LOAD:
            return Image(path, virtual, physical)
    raise gdb.GdbError(f"{path} has no loadable segment")


def possible_mappings() -> Iterator[tuple[int, int]]:
    """Ranges of the process that could hold guest RAM: without a file behind them, or the shared file of engine tcg."""
    for line in gdb.execute("info proc mappings", to_string=True).splitlines():
        columns = line.split()
        # start, end, size, offset, permissions, and a name if there is one
        nameless = len(columns) == 5 or (len(columns) > 5 and columns[5].startswith("/memfd:guest-memory"))
        if nameless and columns[0].startswith("0x") and columns[4].startswith("rw"):
            start, end = int(columns[0], 16), int(columns[1], 16)
            if end - start >= 1 << 20:
                yield start, end


def find_ram(image: Image) -> int | None:
    """The host address of guest-physical 0: the kernel's magic stands where its image lies."""
    magic = struct.pack("<Q", KERNEL_MAGIC)
    memory = gdb.selected_inferior()
    for start, end in possible_mappings():
        first = (start + RAM_ALIGNMENT - 1) // RAM_ALIGNMENT * RAM_ALIGNMENT
        for ram in range(first, end - image.physical - 8, RAM_ALIGNMENT):
            try:
                if bytes(memory.read_memory(ram + image.physical, 8)) == magic:
                    return ram
            except gdb.MemoryError:
                continue
    return None


def kernel_beside_program() -> str:
    if os.environ.get("BARYON_KERNEL"):
        return os.environ["BARYON_KERNEL"]
    program = gdb.current_progspace().filename
    if not program:
        raise gdb.GdbError("no process: start with gdb -p PID (of baryon boot)")
    return os.path.join(os.path.dirname(os.path.realpath(program)), "kernel-x86_64.elf")


class Attach(gdb.Command):
    """baryon-attach [KERNEL.elf]: find the guest in this host process and load its kernel's symbols."""

    def __init__(self) -> None:
        super().__init__("baryon-attach", gdb.COMMAND_DATA, gdb.COMPLETE_FILENAME)

    def invoke(self, argument: str, from_tty: bool) -> None:
        image = image_of(argument.strip() or kernel_beside_program())
        ram = find_ram(image)
        if ram is None:
            raise gdb.GdbError("no guest in this process: it is not a baryon process, or its kernel is not loaded yet")
        guest = Guest(ram, (image.virtual - image.physical) % 2**64)
        gdb.execute(f"add-symbol-file {image.path} -o {guest.distance:#x}", to_string=True)
        set_guest(guest)
        print(f"guest RAM at {ram:#x}, kernel {image.path} at {guest.host(image.virtual):#x}")


Attach()
register()
