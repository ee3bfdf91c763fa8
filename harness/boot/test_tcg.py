"""Engine tcg: QEMU comes and goes with the sandbox, and is missed clearly."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from lib import paths, process
from lib.sandbox import Sandbox

MAX_CPU_SECONDS = 0.3


@pytest.fixture
def tcg(baryon: Path) -> Sandbox:
    return Sandbox(baryon, ("--engine", "tcg"))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def started(sandbox: Sandbox) -> tuple[process.subprocess.Popen[bytes], int]:
    """A sandbox whose program has begun, and its QEMU."""
    child = sandbox.start(
        paths.BUSYBOX, "sh", "-c", "echo up; exec sleep 60", stdout=process.subprocess.PIPE, stderr=process.subprocess.PIPE
    )
    assert child.stdout is not None and child.stdout.readline() == b"up\n"
    (qemu,) = children(child.pid)
    return child, qemu


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_qemu_dies_with_the_host_process(number: signal.Signals, tcg: Sandbox) -> None:
    child, qemu = started(tcg)
    child.send_signal(number)
    child.wait(timeout=20)
    deadline = time.monotonic() + 10
    while alive(qemu):
        assert time.monotonic() < deadline, "QEMU has outlived its host process"
        time.sleep(0.02)


def test_the_death_of_qemu_is_an_error(tcg: Sandbox) -> None:
    child, qemu = started(tcg)
    os.kill(qemu, signal.SIGKILL)
    _, errors = child.communicate(timeout=20)
    assert child.returncode == 125, errors
    assert b"baryon: error: " in errors and b"qemu-system-x86_64 was killed by signal 9" in errors, errors


def test_a_missing_qemu_is_named(tcg: Sandbox, scratch: Path) -> None:
    result = process.run(tcg.command(paths.BUSYBOX, "true"), env={**os.environ, "PATH": str(scratch)})
    assert result.status == 125 and "qemu-system-x86_64" in result.errors and "apt-get install" in result.errors, result.describe()


@pytest.mark.parametrize("size", ["3G", "64G"])
def test_more_memory_than_the_machine_has_room_for_is_refused(size: str, tcg: Sandbox) -> None:
    result = tcg.run(paths.BUSYBOX, "true", options=["--memory", size])
    assert result.status == 125 and "3070 MiB" in result.errors, result.describe()


def test_much_memory_works(tcg: Sandbox) -> None:
    assert tcg.run(paths.BUSYBOX, "true", options=["--memory", "3070M"]).status == 0


def test_several_vcpus_run(tcg: Sandbox) -> None:
    script = "for i in 1 2 3 4; do (j=0; while [ $j -lt 2000 ]; do j=$((j+1)); done; echo $i) & done; wait"
    result = tcg.run(paths.BUSYBOX, "sh", "-c", script, options=["--cpus", "2"], timeout=60)
    assert result.status == 0 and sorted(result.text.split()) == ["1", "2", "3", "4"], result.describe()


@pytest.mark.slow
def test_a_sleeping_sandbox_uses_little_cpu(tcg: Sandbox) -> None:
    """QEMU's start, which is work, is not counted: a sandbox that ends at once is the measure of it."""
    boot = min(tcg.run(paths.BUSYBOX, "true").cpu_seconds for _ in range(3))
    result = tcg.run(paths.BUSYBOX, "sleep", "10", timeout=40)
    assert result.status == 0 and result.seconds >= 10, result.describe()
    assert result.cpu_seconds - boot <= MAX_CPU_SECONDS, f"{result.cpu_seconds:.3f} s of CPU, {boot:.3f} s of them boot"
