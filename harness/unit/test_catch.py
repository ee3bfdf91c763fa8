"""The Catch2 binaries that ninja built: one test here per test case there, in each build mode."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lib import paths, process

TIMEOUT_SECONDS = 120.0
# Stop at the first finding, and let a leak be one.
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
}


def cases_of(binary: Path) -> list[str]:
    # Catch2 2.x exits with the number of names that it lists
    listing = subprocess.run([binary, "--list-test-names-only"], capture_output=True, text=True, timeout=60, env=SANITIZERS)
    names = [line for line in listing.stdout.splitlines() if line.strip()]
    if not names:
        raise RuntimeError(f"{binary} lists no test cases: {listing.stderr}")
    return names


def selector(name: str) -> str:
    """A Catch2 test spec that means exactly this name (commas, brackets and backslashes have a meaning there)."""
    for special in "\\,[*":
        name = name.replace(special, "\\" + special)
    # a name that begins with dashes would be an option
    return "\\" + name if name.startswith(("-", "~")) else name


def parameters() -> list[object]:
    found = []
    for mode in paths.TEST_MODES:
        for binary in paths.test_binaries(mode):
            found += [pytest.param(binary, name, id=f"{mode}-{binary.name}-{name}") for name in cases_of(binary)]
    return found


@pytest.mark.parametrize(("binary", "name"), parameters())
def test_unit_case_passes(binary: Path, name: str) -> None:
    result = process.run(
        [binary, selector(name), "--warn", "NoAssertions"], env=SANITIZERS, timeout=TIMEOUT_SECONDS, cwd=paths.ROOT
    )
    if result.status != 0 or "No test cases matched" in result.text + result.errors:
        pytest.fail(result.describe(), pytrace=False)


@pytest.mark.parametrize("mode", paths.TEST_MODES)
def test_there_are_unit_tests_of_the_kernel_and_of_the_host(mode: str) -> None:
    names = [binary.name for binary in paths.test_binaries(mode)]
    for side in ("kernel_", "host_"):
        assert any(name.startswith(side) for name in names), f"no {side} test binary in {mode}: {names}"
