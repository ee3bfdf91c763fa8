"""Conformance cases: one program in userlib/conformance/<area>/ each, with directives in its first lines."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lib import features, paths

LIBCS = ("musl", "glibc")
HOST = os.uname().machine
ARCHITECTURES = ("x86_64", "aarch64")
# Debian has one libc for the other architecture: the cross compiler's.
FOREIGN_LIBCS = ("glibc",)
_HEAD_LINES = 10
_DIRECTIVE = re.compile(r"^//\s*(needs|args|libc|arch|reference):\s*(.*?)\s*$")
_FAST = re.compile(r"^//\s*fast\s*$")


class BadDirective(ValueError):
    """A directive says something that the harness does not know; guessing would run the wrong test."""


@dataclass(frozen=True)
class Case:
    area: str
    name: str
    args: tuple[str, ...]
    libcs: tuple[str, ...]
    cpus: int
    root_rw: bool
    all_capabilities: bool
    fast: bool
    needs: tuple[str, ...] = ()
    arch: str = ""  # of the one architecture that it is about; "" = any
    reference: bool = True  # False: nothing here behaves as Linux on that architecture does (the directive says why)

    @property
    def home(self) -> str:
        """The architecture in which the case is shown to pass on Linux: this machine's own where it can be."""
        return self.arch or HOST

    def exists_for(self, libc: str, arch: str) -> bool:
        """Whether there is such a binary (tools/build/generate.py builds it)."""
        return self.arch in ("", arch) and libc in self.libcs and (arch == HOST or libc in FOREIGN_LIBCS)

    def binary(self, libc: str, arch: str = HOST) -> Path:
        return paths.program(f"conformance/{self.area}", self.name, libc if arch == HOST else f"{libc}-{arch}")

    def __str__(self) -> str:
        return f"{self.area}/{self.name}"


def parse(source: Path) -> Case:
    """Reads the directives of one program. `libc:` may be followed by a remark; its first word counts."""
    args: tuple[str, ...] = ()
    # musl-tools has no C++ compiler
    libcs: tuple[str, ...] = LIBCS if source.suffix == ".c" else ("glibc",)
    cpus, root_rw, all_capabilities, fast = 1, False, False, False
    arch, reference = "", True
    needs: list[str] = []
    for line in source.read_text().splitlines()[:_HEAD_LINES]:
        if _FAST.match(line):
            fast = True
        directive = _DIRECTIVE.match(line)
        if not directive:
            continue
        kind, value = directive.groups()
        if kind == "args":
            args = tuple(shlex.split(value))
        elif kind == "libc":
            if value not in LIBCS:
                raise BadDirective(f"{source}: libc '{value}'")
            libcs = (value,)
        elif kind == "arch":
            if value not in ARCHITECTURES:
                raise BadDirective(f"{source}: arch '{value}'")
            arch = value
        elif kind == "reference":
            if not value.startswith("none "):
                raise BadDirective(f"{source}: reference '{value}'")
            reference = False
        else:
            for need in re.split(r"[,\s]+", value):
                if match := re.fullmatch(r"cpus=(\d+)", need):
                    cpus = int(match[1])
                elif need == "root-rw":
                    root_rw = True
                elif need == "all-capabilities":
                    all_capabilities = True
                elif need in features.FEATURES:
                    needs.append(need)
                else:
                    raise BadDirective(f"{source}: needs '{need}'")
    return Case(source.parent.name, source.stem, args, libcs, cpus, root_rw, all_capabilities, fast, tuple(needs), arch, reference)


def discover() -> Iterator[Case]:
    """All cases, in the order of their paths."""
    base = paths.USERLIB / "conformance"
    for source in sorted(base.glob("*/*")):
        if source.suffix in (".c", ".cpp"):
            yield parse(source)
