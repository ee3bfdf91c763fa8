"""What Debian's kernel needs to boot in QEMU (TCG): an initial RAM disk, and the CPU's frequency."""

from __future__ import annotations

import gzip
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

_DIRECTORIES = ("bin", "dev", "proc", "sys", "tmp", "run")


def pack_initramfs(packed: Path, init: str, files: Mapping[str, Path | bytes]) -> Path:
    """Writes `packed`: the shell script `init`, and each file under its path without a leading slash.

    A directory is packed with what it holds. What is given as bytes is not executable.
    """
    with tempfile.TemporaryDirectory(prefix="initramfs-") as directory:
        tree = Path(directory)
        for name in _DIRECTORIES:
            (tree / name).mkdir()
        for name, source in files.items():
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, bytes):
                target.write_bytes(source)
            elif source.is_dir():
                target.mkdir()
                for each in source.iterdir():
                    (target / each.name).symlink_to(each.resolve())
            else:
                target.symlink_to(source.resolve())
        (tree / "init").write_text(init)
        (tree / "init").chmod(0o755)
        names = "\n".join(str(path.relative_to(tree)) for path in [tree, *sorted(tree.rglob("*"))])
        # -L: the links above stand for what they lead to.
        archive = subprocess.run(
            ["cpio", "--quiet", "-o", "-L", "-H", "newc"], input=names.encode(), cwd=tree, capture_output=True, check=True
        ).stdout
    packed.write_bytes(gzip.compress(archive, 1))
    return packed


def tsc_parameter() -> str:
    """Tells an x86-64 kernel the TSC's rate, which TCG passes through: this machine's frequency.

    It would calibrate the TSC against the emulated PIT otherwise, which fails while this machine is busy: the boot hangs,
    or clocks and timers run at another speed.
    """
    match = re.search(r"^cpu MHz\s*: ([0-9.]+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    if match is None:
        raise RuntimeError("/proc/cpuinfo names no frequency")
    return f"tsc_early_khz={round(float(match[1]) * 1000)}"
