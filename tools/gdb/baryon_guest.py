"""Guest memory in the inferior: addresses, values and the kernel's containers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import gdb

PAGE = 4096
LIST_LIMIT = 100_000  # a damaged list ends here


@dataclass(frozen=True)
class Guest:
    """Where the guest lies in the process."""

    ram: int  # host address of guest-physical 0
    direct_map: int  # kernel-virtual address of guest-physical 0

    @property
    def distance(self) -> int:
        """From a kernel-virtual address to the host's."""
        return (self.ram - self.direct_map) % 2**64

    def host(self, kernel: int) -> int:
        return (kernel + self.distance) % 2**64


_guest: Guest | None = None


def set_guest(found: Guest) -> None:
    global _guest
    _guest = found


def guest() -> Guest:
    if _guest is None:
        raise gdb.GdbError("no guest yet: run baryon-attach")
    return _guest


# --- reading ---


def read(host: int, size: int) -> bytes:
    return bytes(gdb.selected_inferior().read_memory(host, size))


def word(host: int) -> int:
    return int(struct.unpack("<Q", read(host, 8))[0])


def kernel_type(name: str) -> gdb.Type:
    try:
        return gdb.lookup_type("baryon::" + name)
    except gdb.error as error:
        raise gdb.GdbError(f"the kernel file describes no type baryon::{name} ({error})") from error


def value_at(host: int, of: gdb.Type) -> gdb.Value:
    return gdb.Value(host).cast(of.pointer()).dereference()


def follow(pointer: gdb.Value) -> gdb.Value | None:
    """What a pointer in guest memory points to; None for null."""
    address = int(pointer)
    return None if address == 0 else value_at(guest().host(address), pointer.type.strip_typedefs().target().strip_typedefs())


def referenced(ref: gdb.Value) -> gdb.Value | None:
    """What a Ref or Unique holds."""
    return follow(ref["object_"])


def plain(value: gdb.Value) -> gdb.Value:
    """The value inside a std::atomic, whichever library's, through its bases."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        fields = [field for field in value.type.strip_typedefs().fields() if field.is_base_class or hasattr(field, "bitpos")]
        value = value[fields[0]]
    return value


def enum_name(value: gdb.Value) -> str:
    return str(plain(value)).split("::")[-1]


def char_array(value: gdb.Value) -> str:
    size = value.type.sizeof
    return read(int(value.address), size).split(b"\0")[0].decode(errors="replace")


def c_string(pointer: gdb.Value, limit: int = 64) -> str:
    if int(pointer) == 0:
        return ""
    host = guest().host(int(pointer))
    return read(host, min(limit, PAGE - host % PAGE)).split(b"\0")[0].decode(errors="replace")


def each(head: gdb.Value, of: gdb.Type, node: str) -> Iterator[gdb.Value]:
    """The objects of an intrusive list (kernel/base/list.hpp) whose member `node` links them."""
    offset = next(field.bitpos // 8 for field in of.fields() if field.name == node)
    link = head["head_"]
    end = int(link.address)
    for _ in range(LIST_LIMIT):
        following = follow(link["next"])
        if following is None or int(following.address) == end:
            return
        yield value_at(int(following.address) - offset, of)
        link = following


def variable(name: str) -> gdb.Value:
    """A variable of the kernel by its full name."""
    try:
        return gdb.parse_and_eval(f"'{name}'")
    except gdb.error as error:
        raise gdb.GdbError(f"the kernel has no variable {name} ({error})") from error


def address_of(name: str) -> int:
    """The host address of a variable whose type the debugger need not know."""
    try:
        return int(gdb.parse_and_eval(f"&'{name}'"))
    except gdb.error as error:
        raise gdb.GdbError(f"the kernel has no variable {name} ({error})") from error


def symbol(host: int) -> str:
    """function + offset of a place in the kernel's text, or its address."""
    found = gdb.execute(f"info symbol {host:#x}", to_string=True)
    return found.split(" in section")[0] if not found.startswith("No symbol") else f"{(host - guest().distance) % 2**64:#x}"
