"""The exit status of `baryon boot` is the program's, with a shell's conventions for signals and for what cannot run."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lib import paths
from lib.process import Result
from lib.sandbox import Sandbox

FATAL = ["HUP", "INT", "ILL", "ABRT", "FPE", "KILL", "SEGV", "PIPE", "ALRM", "TERM", "USR1", "USR2", "BUS", "SYS"]
IGNORED = ["CHLD", "URG", "WINCH", "CONT"]


def shell(sandbox: Sandbox, script: str) -> Result:
    return sandbox.run(paths.BUSYBOX, "sh", "-c", script)


@pytest.mark.fast
@pytest.mark.parametrize("status", [0, 1, 42, 125, 126, 127, 255])
def test_exit_status_is_passed_on(status: int, combo_sandbox: Sandbox) -> None:
    result = shell(combo_sandbox, f"exit {status}")
    assert result.status == status, result.describe()


@pytest.mark.parametrize("name", FATAL)
def test_death_by_signal_gives_128_plus_its_number(name: str, combo_sandbox: Sandbox) -> None:
    result = shell(combo_sandbox, f"kill -{name} $$; echo survived")
    assert result.status == 128 + signal.Signals[f"SIG{name}"], result.describe()
    assert result.stdout == b""


@pytest.mark.parametrize("name", IGNORED)
def test_a_signal_that_is_ignored_by_default_changes_nothing(name: str, combo_sandbox: Sandbox) -> None:
    result = shell(combo_sandbox, f"kill -{name} $$; echo survived")
    assert (result.status, result.stdout) == (0, b"survived\n"), result.describe()


def test_a_missing_program_gives_127(sandbox: Sandbox) -> None:
    result = sandbox.run("/no/such/program")
    assert result.status == 127, result.describe()
    assert "baryon: error:" in result.errors and "/no/such/program" in result.errors, result.describe()


def test_a_name_without_a_slash_is_looked_up_in_the_path(sandbox: Sandbox) -> None:
    result = sandbox.run("busybox", "echo", "found")
    assert (result.status, result.stdout) == (0, b"found\n"), result.describe()
    missing = sandbox.run("no-such-program-anywhere")
    assert missing.status == 127 and "no-such-program-anywhere" in missing.errors, missing.describe()


def test_a_program_without_execute_permission_gives_126(sandbox: Sandbox, scratch: Path) -> None:
    program = scratch / "program"
    program.write_bytes(paths.BUSYBOX.read_bytes())
    program.chmod(0o644)
    result = sandbox.run(program)
    assert result.status == 126 and str(program) in result.errors, result.describe()


def test_a_directory_gives_126(sandbox: Sandbox, scratch: Path) -> None:
    result = sandbox.run(scratch)
    assert result.status == 126 and str(scratch) in result.errors, result.describe()


def test_options_after_the_program_belong_to_the_program(sandbox: Sandbox) -> None:
    result = sandbox.run(paths.BUSYBOX, "echo", "--memory", "-x", "--", "--engine")
    assert (result.status, result.stdout) == (0, b"--memory -x -- --engine\n"), result.describe()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_terminating_the_host_process_ends_the_sandbox_with_that_signal(number: signal.Signals, sandbox: Sandbox) -> None:
    child = sandbox.start(paths.BUSYBOX, "sh", "-c", "echo up; read never", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline() == b"up\n"
        os.kill(child.pid, number)
        deadline = time.monotonic() + 10
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        # either the process exits with 128+n or it dies by the signal itself; a shell shows the same
        assert child.returncode in (128 + number, -number)
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()
