"""Larger unmodified programs: bash, C++ with threads, Go with goroutines."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import paths, process
from lib.native import ENVIRONMENT
from lib.sandbox import Sandbox
from lib.testdata import write_tree

PROGRAMS: dict[str, list[str | Path]] = {
    "bash_static": [paths.BASH, paths.USERLIB / "demo" / "bash_demo.sh"],
    "cxx_iostream_threads_glibc": [paths.program("demo", "threads_iostream", "glibc")],
    "go_goroutines": [paths.program("demo", "goroutines", "go"), "words.txt", "blob.bin", "poem.txt"],
}


@pytest.mark.needs("same-host")
@pytest.mark.parametrize("cpus", [1, 2])
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_prints_what_it_prints_on_linux(
    name: str, cpus: int, combo_sandbox: Sandbox, scratch: Path
) -> None:
    write_tree(scratch)
    command = PROGRAMS[name]
    native = process.run(command, cwd=scratch, env=ENVIRONMENT)
    assert native.status < 125 and native.stdout and not native.stderr, f"fails on Linux already\n{native.describe()}"
    ours = combo_sandbox.run(
        *command, options=["--cpus", str(cpus), "--bind", f"{scratch}:{scratch}:rw", "--env", f"TMPDIR={scratch}", "--cwd", str(scratch)]
    )
    assert (ours.status, ours.stdout, ours.stderr) == (native.status, native.stdout, native.stderr), (
        f"Linux:\n{native.describe()}\n\nsandbox:\n{ours.describe()}"
    )
