"""Where the build puts things. The one place that knows the layout of build/ (see tools/build/generate.py)."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BARYON_BUILD", ROOT / "build")).resolve()  # several developers, one tree
USERLIB = ROOT / "userlib"
BARYON = BUILD / "baryon"
ARM64_BARYON = BUILD / "release-aarch64" / "baryon"  # ninja arm64-host
KERNEL = "kernel-x86_64.elf"  # beside the binary that `baryon` leads to
WITHOUT_KVM = ROOT / "tools" / "without-kvm.sh"

BUSYBOX = Path("/bin/busybox")  # Debian's busybox-static
BASH = Path("/bin/bash-static")  # Debian's bash-static

TEST_MODES = ("release", "asan")


def program(area: str, name: str, toolchain: str) -> Path:
    """A static program built from userlib/<area>/<name>; `toolchain` is musl, glibc or go."""
    return BUILD / "user" / toolchain / area / name


def test_binaries(mode: str) -> list[Path]:
    """The Catch2 binaries of one build mode."""
    return _executables(BUILD / mode / "test")


def fuzz_binaries() -> list[Path]:
    """The libFuzzer binaries; they are built with the sanitizers."""
    return _executables(BUILD / "asan" / "fuzz")


def _executables(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob("*") if path.is_file() and path.stat().st_mode & 0o100)
