"""Whatever ends a sandbox, no process and no file of it remains."""

from __future__ import annotations

import os
import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from lib import paths, process
from lib.applets import MEMORY_HOG
from lib.memory import marked_processes
from lib.sandbox import Sandbox

MARK = "BARYON_TEST_MARK"

# Runs "$@" with empty /tmp and /dev/shm of its own, then lists what appeared there.
SCRIPT = """
mount -t tmpfs none /tmp && mount -t tmpfs none /dev/shm || exit 99
"$@" >/dev/null 2>&1 & child=$!
{action}
wait $child; echo "status $?"
find /tmp /dev/shm -mindepth 1
"""


@dataclass(frozen=True)
class Aftermath:
    status: int
    files: list[str]
    processes: list[int]


def aftermath(sandbox: Sandbox, *program: str, action: str = "", options: list[str] | None = None) -> Aftermath:
    mark = uuid.uuid4().hex
    # through descriptors: the checkout itself may lie under /tmp, which the script covers
    with sandbox.binary.open("rb") as binary, (sandbox.binary.parent / paths.KERNEL).open("rb") as kernel:
        command = [f"/proc/self/fd/{binary.fileno()}", *sandbox.command(*program, options=options or [])[1:]]
        script = SCRIPT.replace("{action}", action)
        done = process.run(
            ["unshare", "-m", "sh", "-c", script, "sh", *command],
            env={**os.environ, MARK: mark, "BARYON_KERNEL": f"/proc/self/fd/{kernel.fileno()}"},
            pass_fds=[binary.fileno(), kernel.fileno()],
            timeout=60,
            cwd=Path("/"),  # the caller's directory may lie under /tmp as well
        )
    lines = done.text.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith("status ")), None)
    assert at is not None, f"the script did not get to its end\n{done.describe()}"
    # a killed process may need a moment to be reaped by init
    deadline = time.monotonic() + 3
    while (left := marked_processes(MARK, mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return Aftermath(int(lines[at].split()[1]), lines[at + 1 :], left)


# Waits until the guest runs (it prints a line), through a file in the private /tmp that is removed again.
def killed_by(number: int) -> str:
    return f"until [ -s /tmp/up ] || ! kill -0 $child; do sleep 0.02; done; rm /tmp/up; kill -{number} $child"


def test_a_normal_end_leaves_nothing(sandbox: Sandbox) -> None:
    assert aftermath(sandbox, str(paths.BUSYBOX), "true") == Aftermath(0, [], [])


def test_death_of_the_program_by_signal_leaves_nothing(sandbox: Sandbox) -> None:
    ended = aftermath(sandbox, str(paths.BUSYBOX), "sh", "-c", "kill -SEGV $$")
    assert ended == Aftermath(128 + signal.SIGSEGV, [], [])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killing_the_host_process_leaves_nothing(number: signal.Signals, sandbox: Sandbox) -> None:
    ended = aftermath(
        sandbox,
        str(paths.BUSYBOX),
        "sh",
        "-c",
        "echo up > /mnt/up; while :; do :; done",
        options=["--bind", "/tmp:/mnt:rw"],
        action=killed_by(number),
    )
    assert ended == Aftermath(128 + number, [], [])


def test_a_refused_program_leaves_nothing(sandbox: Sandbox) -> None:
    assert aftermath(sandbox, "/etc/passwd") == Aftermath(126, [], [])


def test_too_little_memory_leaves_nothing(sandbox: Sandbox) -> None:
    assert aftermath(sandbox, str(paths.BUSYBOX), "true", options=["--memory", "1M"]) == Aftermath(125, [], [])


def test_memory_that_is_used_up_leaves_nothing(sandbox: Sandbox) -> None:
    ended = aftermath(sandbox, str(paths.BUSYBOX), *MEMORY_HOG, options=["--memory", "16M"])
    assert ended == Aftermath(128 + signal.SIGKILL, [], [])
