"""Redis, nginx, stress-ng and storms of forks in one sandbox at the same time, for `--load-seconds`: nothing fails, nothing grows."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from lib.memory import descendants, own_and_total_pss_kib
from lib.ports import free_port
from lib.sandbox import Sandbox

pytestmark = [pytest.mark.heavy, pytest.mark.needs("same-host", "no-emulator")]
SCRIPT = Path(__file__).with_name("mixed_load.sh")
RAM_MIB = 1024
# What may differ between the first and the last third of the run: noise, not growth.
SLACK_KIB = 2048
SLACK_GUEST_KIB = 16 * 1024


@dataclass(frozen=True)
class Sample:
    """After a round, of the sandbox: its host processes, and what the guest says of itself."""

    own_kib: int  # host memory that is not the guest's RAM
    total_kib: int  # with it
    descriptors: int
    threads: int
    guest_available_kib: int
    guest_processes: int


def sample(pid: int, line: bytes) -> Sample:
    _, _, available, processes = line.split()
    pids = descendants(pid)
    own, total = own_and_total_pss_kib(pid, RAM_MIB * 1024)
    return Sample(
        own, total,
        sum(len(os.listdir(f"/proc/{each}/fd")) for each in pids),
        sum(len(os.listdir(f"/proc/{each}/task")) for each in pids),
        int(available), int(processes),
    )  # fmt: skip


class Clients(threading.Thread):
    """Real clients on the host, one command after the other until told to stop."""

    def __init__(self, *commands: list[str]) -> None:
        super().__init__(daemon=True)
        self.commands = commands
        self.enough = threading.Event()
        self.runs = 0
        self.failure = ""

    def run(self) -> None:
        while not self.enough.is_set():
            for command in self.commands:
                done = subprocess.run(command, capture_output=True, timeout=300)
                if done.returncode != 0:
                    self.failure = f"{' '.join(command)}: status {done.returncode}\n{done.stderr.decode()}"
                    return
            self.runs += 1


def test_mixed_load(sandbox: Sandbox, scratch: Path, pytestconfig: pytest.Config) -> None:
    seconds = pytestconfig.option.load_seconds
    redis, nginx = free_port(), free_port()
    (scratch / "script").write_bytes(SCRIPT.read_bytes())
    options = ("--root", "/:overlay", "--bind", f"{scratch}:/tmp:rw", "--cwd", "/", "--memory", f"{RAM_MIB}M", "--cpus", "2")
    child = sandbox.start(
        "/bin/bash", "/tmp/script", str(redis), str(nginx), options=options,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert child.stdout is not None
    clients: Clients | None = None
    samples: list[Sample] = []
    said: list[bytes] = []
    try:
        deadline = time.monotonic() + seconds
        for line in child.stdout:
            said.append(line)
            if not line.startswith(b"round "):
                continue
            samples.append(sample(child.pid, line))
            print(f"{len(samples)}: {samples[-1]}", flush=True)
            if clients is None:  # the servers have had time to start
                clients = Clients(
                    ["redis-benchmark", "-p", str(redis), "-t", "set,get,lpush", "-n", "20000", "-r", "100000", "-d", "100", "-q"],
                    ["curl", "-sSf", "-o", "/dev/null", "--retry", "2", *[f"http://127.0.0.1:{nginx}/file"] * 50],
                )
                clients.start()
            if clients.failure or (time.monotonic() > deadline and len(samples) >= 9):
                clients.enough.set()
                clients.join(timeout=300)  # before the servers go
                (scratch / "enough").touch()
        status = child.wait(timeout=60)
    finally:
        if clients is not None:
            clients.enough.set()
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    tail = b"".join(said[-20:]).decode(errors="replace")
    assert status == 0 and said[-1] == b"end\n", f"status {status}\n{tail}"
    assert clients is not None and not clients.is_alive()
    assert not clients.failure, clients.failure
    assert clients.runs > 0

    third = len(samples) // 3

    def growth(field: str) -> float:
        """The median of the last third less that of the second: in the first, caches fill."""
        values = [getattr(each, field) for each in samples]
        return median(values[-third:]) - median(values[third:-third])

    assert growth("own_kib") <= SLACK_KIB, samples
    assert growth("descriptors") <= 2, samples
    assert growth("threads") <= 2, samples
    assert growth("guest_processes") <= 2, samples
    assert -growth("guest_available_kib") <= SLACK_GUEST_KIB, samples
    assert max(each.total_kib for each in samples) <= RAM_MIB * 1024 + 64 * 1024, samples
