"""Many containers at the same time: how long their starts take, how many start a second, what each costs in memory.

One runtime at a time. Whatever happens to this process, its containers go: a janitor that outlives it removes them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib.bundles import Bundle
from lib.memory import pss_kib

WORKERS = 4  # commands at a time when many containers are made or removed: twice the cores
NO_STREAMS = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
# Left free when a machine is filled with sandboxes.
SPARE_KIB = 1 << 20

# Ends with its standard input, when the experiment does, then deletes what the runtime still has.
_JANITOR = """
import os, shutil, subprocess, sys, time
sys.stdin.buffer.read()
state, work, *command = sys.argv[1:]
quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
empty = 0
while empty < 2:  # a command that was under way may still make one
    names = [name for name in os.listdir(state) if not name.startswith(".")] if os.path.isdir(state) else []
    for name in names:
        subprocess.run([*command, "--root", state, "delete", "--force", name], **quiet)
    empty = 0 if names else empty + 1
    time.sleep(0.2 if names or empty < 2 else 0)
shutil.rmtree(work, ignore_errors=True)
"""


class Unsupported(RuntimeError):
    """The runtime does not run here; the message says why."""


class Crowd:
    """Containers of one runtime, all from the same bundle of busybox."""

    def __init__(self, name: str, command: list[str], work: Path) -> None:
        self.name = name
        self.command = command
        self.state = work / "state"
        self.sleeping = Bundle(work / "sleeping", "sleep", "1000000")
        self.short = Bundle(work / "short", "true")
        self.count = 0

    def words(self, *arguments: str | Path) -> list[str]:
        return [*self.command, "--root", str(self.state), *(str(argument) for argument in arguments)]

    def run_words(self) -> list[str]:
        self.count += 1
        return self.words("run", "--bundle", self.short.directory, f"{self.name}-{os.getpid()}-{self.count}")

    def check(self) -> None:
        result = subprocess.run(self.run_words(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if result.returncode != 0:
            raise Unsupported(result.stderr.strip()[-300:] or f"status {result.returncode}")

    def starts(self, total: int, at_once: int) -> tuple[list[float], float]:
        """`total` times `run` of true, `at_once` of them in flight. Nanoseconds from spawn to exit of each, and of all."""
        program = shutil.which(self.command[0]) or self.command[0]
        running: dict[int, int] = {}
        taken: list[float] = []
        begin = time.perf_counter_ns()
        started = 0
        while len(taken) < total:
            while started < total and len(running) < at_once:
                words = self.run_words()
                at = time.perf_counter_ns()
                null = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)]
                running[os.posix_spawn(program, words, os.environ, file_actions=null)] = at
                started += 1
            pid, status = os.waitpid(-1, 0)
            if pid not in running:
                continue
            taken.append(float(time.perf_counter_ns() - running.pop(pid)))
            if status != 0:
                raise RuntimeError(f"{self.name}: a start ended with wait status {status}")
        return taken, float(time.perf_counter_ns() - begin)

    def detach(self, names: list[str]) -> None:
        """Starts sleeping containers; returns when all run."""
        self._each(lambda name: self.words("run", "--detach", "--bundle", self.sleeping.directory, name), names)

    def delete(self, names: list[str]) -> None:
        self._each(lambda name: self.words("delete", "--force", name), names)

    def _each(self, words, names: list[str]) -> None:  # noqa: ANN001
        def one(name: str) -> None:
            subprocess.run(words(name), check=True, **NO_STREAMS)

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(one, names))

    def pid(self, name: str) -> int:
        result = subprocess.run(self.words("state", name), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return int(json.loads(result.stdout)["pid"])


@contextlib.contextmanager
def crowd(name: str, command: list[str]) -> Iterator[Crowd]:
    """State and bundles lie in memory, as /run does on a real system."""
    shared = Path("/dev/shm")
    work = Path(tempfile.mkdtemp(prefix="baryon-crowd-", dir=shared if shared.is_dir() else None))
    janitor = subprocess.Popen(
        [sys.executable, "-c", _JANITOR, str(work / "state"), str(work), *command],
        stdin=subprocess.PIPE, start_new_session=True, stdout=subprocess.DEVNULL,
    )
    try:
        made = Crowd(name, command, work)
        made.check()
        yield made
    finally:
        assert janitor.stdin is not None
        janitor.stdin.close()
        janitor.wait()


def meminfo_kib(field: str) -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise KeyError(field)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settled_available_kib() -> int:
    """MemAvailable when the kernel has freed what it frees later (namespaces, control groups)."""
    last = meminfo_kib("MemAvailable")
    for _ in range(20):
        time.sleep(0.5)
        now = meminfo_kib("MemAvailable")
        if abs(now - last) < 2048:
            return now
        last = now
    return last


def memory_of(crowd: Crowd, counts: list[int], idle_seconds: float = 5.0) -> list[dict[str, float]]:
    """For each number of sleeping containers: what one of them takes. PSS is summed over the containers' processes;
    MemAvailable is the host's, so what else happens on the machine shows in it."""
    rows: list[dict[str, float]] = []
    names: list[str] = []
    before = settled_available_kib()
    try:
        for count in counts:
            more = [f"{crowd.name}-{os.getpid()}-m{number}" for number in range(len(names), count)]
            need = rows[-1]["available_kib"] * len(more) if rows else 0
            if meminfo_kib("MemAvailable") - need < SPARE_KIB:
                raise Unsupported(f"{count} of {crowd.name} do not fit into this machine's memory")
            begin = time.perf_counter()
            names += more
            crowd.detach(more)
            seconds = time.perf_counter() - begin
            available = settled_available_kib()
            pids = [crowd.pid(name) for name in names]
            cpu = sum(cpu_seconds(pid) for pid in pids)
            time.sleep(idle_seconds)
            cpu = sum(cpu_seconds(pid) for pid in pids) - cpu
            rows.append(
                {
                    "count": count,
                    "pss_kib": sum(pss_kib(pid) for pid in pids) / count,
                    "available_kib": (before - available) / count,
                    "started_per_second": len(more) / seconds,
                    "idle_cpu_share": cpu / idle_seconds / count,
                }
            )
    finally:
        crowd.delete(names)
    return rows
