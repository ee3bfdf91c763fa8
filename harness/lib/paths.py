"""Where the build puts things. The one place that knows the layout of build/ (see configure.py)."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
USERLIB = ROOT / "userlib"
BARYON = BUILD / "baryon"

BUSYBOX = Path("/bin/busybox")  # Debian's busybox-static
BASH = Path("/bin/bash-static")  # Debian's bash-static


def program(area: str, name: str, libc: str) -> Path:
    """A static program built from userlib/<area>/<name>.c or .cpp."""
    return BUILD / "release" / "userlib" / libc / area / name
