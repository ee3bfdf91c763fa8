"""Where a scenario runs: in Debian's root file system on Linux (chroot), or in a sandbox over the same root.

A scenario gets a place, runs programs in there and returns what is to be the same everywhere.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lib import process
from lib.native import ENVIRONMENT
from lib.ports import listens
from lib.sandbox import Sandbox

# In namespaces of its own: changes go to memory, as with `--root DIR:overlay`, the program is process 1 in both, and whatever
# it leaves behind ends with it. Arguments: the root, a directory that both sides see (or none), the program.
_CHROOT = """set -e
root=$1 shared=$2; shift 2
mount -t tmpfs tmpfs /mnt; mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
mount -t proc proc /mnt/root/proc; mount --rbind /sys /mnt/root/sys; mount --rbind /dev /mnt/root/dev
mount -t tmpfs tmpfs /mnt/root/tmp
[ -z "$shared" ] || { mkdir -p "/mnt/root$shared"; mount --bind "$shared" "/mnt/root$shared"; }
exec chroot /mnt/root "$@"
"""


class Place(Protocol):
    patience: float  # by how much time limits grow

    def command(self, *program: str | Path, shared: Path | None = None) -> list[str]:
        """What to run on this machine so that `program` runs there; it sees `shared`, writable, under the same name."""


@dataclass(frozen=True)
class Chroot:
    root: Path
    patience: float = 1.0

    def command(self, *program: str | Path, shared: Path | None = None) -> list[str]:
        alone = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
        return [*alone, "sh", "-c", _CHROOT, "sh", str(self.root), str(shared or ""), *map(str, program)]


@dataclass(frozen=True)
class InSandbox:
    sandbox: Sandbox
    root: Path
    memory: str = "1G"
    cpus: int = 2

    @property
    def patience(self) -> float:
        return self.sandbox.patience

    def command(self, *program: str | Path, shared: Path | None = None) -> list[str]:
        options = ["--root", f"{self.root}:overlay", "--tmpfs", "/tmp", "--memory", self.memory, "--cpus", str(self.cpus)]
        if shared is not None:
            options += ["--bind", f"{shared}:{shared}:rw"]
        return self.sandbox.command(*program, options=options)


def run(
    place: Place, *program: str | Path, shared: Path | None = None, stdin: bytes | None = None, timeout: float = 120.0
) -> process.Result:
    """Runs a program there to its end."""
    return process.run(place.command(*program, shared=shared), stdin=stdin, env=ENVIRONMENT, timeout=timeout * place.patience)


def output(place: Place, *program: str | Path, shared: Path | None = None, stdin: bytes | None = None, timeout: float = 120.0) -> bytes:
    """What a program that succeeds prints."""
    result = run(place, *program, shared=shared, stdin=stdin, timeout=timeout)
    assert result.status == 0, result.describe()
    return result.stdout


@contextlib.contextmanager
def serving(
    place: Place, port: int, *program: str | Path, shared: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server there while the context lasts, from when it listens at `port`."""
    child = subprocess.Popen(
        place.command(*program, shared=shared), env=ENVIRONMENT, start_new_session=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60 * place.patience
        while not listens(port):
            assert child.poll() is None, f"{program[0]} ended with {child.returncode}\n{_rest(child)}"
            assert time.monotonic() < deadline, f"{program[0]} does not listen"
            time.sleep(0.05)
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def _rest(child: subprocess.Popen[bytes]) -> str:
    return child.communicate()[0].decode(errors="replace")[-4000:]

