"""--root DIR:overlay: the program may change everything, the host directory stays as it was."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from lib import paths
from lib.sandbox import Sandbox

BUSYBOX = "/bin/busybox"

@pytest.fixture
def root(scratch: Path) -> Path:
    root = scratch / "root"
    for name in ("bin", "etc", "tree/deep", "gone/below"):
        (root / name).mkdir(parents=True)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    for name, text in {
        "etc/greeting": "hello\n", "etc/old": "old\n", "etc/private": "secret\n",
        "tree/file": "file\n", "tree/deep/leaf": "leaf\n", "gone/below/f": "f\n",
    }.items():  # fmt: skip
        (root / name).write_text(text)
    return root


def state(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Modes, times and contents of everything below."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(root))] = (status.st_mode, status.st_mtime_ns, content)
    return found


def test_names_are_changed_in_memory_only(sandbox: Sandbox, root: Path) -> None:
    program = "/bin/overlay_changes"
    shutil.copy(paths.program("demo", "overlay_changes", "musl"), root / "bin/overlay_changes")
    before = state(root)
    result = sandbox.run(program, options=["--root", f"{root}:overlay"], timeout=60)
    assert (result.status, result.text.splitlines()[-1:]) == (0, ["ok"]), result.describe()
    assert state(root) == before


def test_what_fills_the_upper_layer_ends_in_enospc(sandbox: Sandbox, root: Path) -> None:
    result = sandbox.run(
        "/bin/busybox", "dd", "if=/dev/zero", "of=/etc/big", "bs=1M",
        options=["--root", f"{root}:overlay", "--memory", "128M"], timeout=60,
    )  # fmt: skip
    assert result.status == 1
    assert "No space left on device" in result.describe()
