"""The Catch2 binaries that ninja built: one test here per test case there, in each build mode."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lib import features, paths, process

TIMEOUT_SECONDS = 120.0
# Stop at the first finding, and let a leak be one.
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
}


def cases_of(binary: Path, *filters: str) -> list[str]:
    # Catch2 2.x exits with the number of names that it lists
    command = [binary, *filters, "--list-test-names-only"]
    listing = subprocess.run(command, capture_output=True, text=True, timeout=60, env=SANITIZERS)
    names = [line for line in listing.stdout.splitlines() if line.strip()]
    if not names and not filters:
        raise RuntimeError(f"{binary} lists no test cases: {listing.stderr}")
    return names


def needs_of(binary: Path) -> dict[str, list[str]]:
    """What cases need: features (lib/features.py), as tags `needs:…`."""
    listing = subprocess.run([binary, "--list-tags"], capture_output=True, text=True, timeout=60, env=SANITIZERS)
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"\[needs:([^\]]+)\]", listing.stdout):
        features.check([tag])
        for name in cases_of(binary, f"[needs:{tag}]"):
            found.setdefault(name, []).append(tag)
    return found


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
            needs = needs_of(binary)
            for name in cases_of(binary):
                marks = [pytest.mark.needs(*needs[name])] if name in needs else []
                found.append(pytest.param(binary, name, id=f"{mode}-{binary.name}-{name}", marks=marks))
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
