"""Where sandboxes run: on this machine, or in an emulated one that offers another KVM."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from lib import process


class Host(Protocol):
    name: str  # empty for this machine
    patience: float  # by how much time limits grow

    def put(self, path: Path, to: Path | None = None) -> None:
        """Makes a file of this machine available as `to`, or under the same path."""

    def make_directories(self, *directories: Path) -> None:
        """Makes directories and their parents."""

    def run(
        self,
        command: Sequence[str | Path],
        *,
        stdin: bytes | IO[bytes] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 20.0,
        stdout: IO[bytes] | int | None = None,
    ) -> process.Result:
        """Runs a program to its end. Streams other than bytes are for this machine only."""

    def get(self, path: Path) -> bytes:
        """The content of a file that a program has written. Raises FileNotFoundError."""

    def remove_tree(self, path: Path) -> None:
        """Removes a file or a directory with all that it holds; no error if it is not there."""


class ThisMachine:
    """Host, without any indirection."""

    name = ""
    patience = 1.0
    run = staticmethod(process.run)

    def put(self, path: Path, to: Path | None = None) -> None:
        if to is not None and to != path:
            shutil.copy(path, to)

    def make_directories(self, *directories: Path) -> None:
        for directory in directories:
            directory.mkdir(parents=True, exist_ok=True)

    def get(self, path: Path) -> bytes:
        return path.read_bytes()

    def remove_tree(self, path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


THIS_MACHINE = ThisMachine()
