"""Running a host process to its end: bounded in time, in its own process group, with its own resource usage."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Result:
    """How a process ended. `status` is the exit status, or 128+n when signal n killed it, as a shell reports it."""

    command: list[str]
    status: int
    stdout: bytes
    stderr: bytes
    seconds: float
    cpu_seconds: float  # user and system time of the process and the children that it waited for
    peak_rss_kib: int

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace")

    @property
    def errors(self) -> str:
        return self.stderr.decode(errors="replace")

    def describe(self, tail: int = 4000) -> str:
        """For assertion messages: command, status and the ends of both streams."""
        return (
            f"$ {' '.join(self.command)}\nstatus {self.status} after {self.seconds:.2f} s\n"
            f"--- stdout ({len(self.stdout)} bytes, end)\n{self.text[-tail:]}\n"
            f"--- stderr ({len(self.stderr)} bytes, end)\n{self.errors[-tail:]}"
        )


class TimedOut(AssertionError):
    """The process did not end in time; the message carries the ends of its streams."""


def run(
    command: Sequence[str | Path],
    *,
    stdin: bytes | IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 20.0,
    stdout: IO[bytes] | int | None = None,
    pass_fds: Sequence[int] = (),
) -> Result:
    """Runs `command` and waits. Output goes through files, so neither side can block the other.

    Raises TimedOut after `timeout` seconds, once the whole process group is dead.
    """
    arguments = [str(part) for part in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as inp:
        if isinstance(stdin, bytes):
            inp.write(stdin)
            inp.seek(0)
        source: IO[bytes] | int = inp if isinstance(stdin, bytes) else (stdin or subprocess.DEVNULL)
        begin = time.monotonic()
        child = subprocess.Popen(
            arguments,
            stdin=source,
            stdout=out if stdout is None else stdout,
            stderr=err,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )
        usage, timed_out = _wait(child, begin + timeout)
        seconds = time.monotonic() - begin
        out.seek(0)
        err.seek(0)
        code = child.returncode
        result = Result(
            command=arguments,
            status=128 - code if code < 0 else code,
            stdout=out.read(),
            stderr=err.read(),
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_rss_kib=usage.ru_maxrss,
        )
    if timed_out:
        raise TimedOut(f"still running after {timeout:.0f} s\n{result.describe()}")
    return result


def _wait(child: subprocess.Popen[bytes], deadline: float) -> tuple[resource.struct_rusage, bool]:
    """Reaps `child` with wait4, for the usage of this one process. Kills its group when the deadline passes."""
    pidfd = os.pidfd_open(child.pid)
    timed_out = False
    try:
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        remaining = max(0.0, deadline - time.monotonic())
        if not poller.poll(remaining * 1000):
            timed_out = True
            os.killpg(child.pid, signal.SIGKILL)
        _, wait_status, usage = os.wait4(child.pid, 0)
    finally:
        os.close(pidfd)
    child.returncode = os.waitstatus_to_exitcode(wait_status)
    return usage, timed_out
