"""What a sandbox costs its host while it does nothing. Resources, not speed: these hold on a busy machine too."""

from __future__ import annotations

import os
import signal
import time

import pytest

from lib import paths
from lib.memory import pss_kib
from lib.sandbox import Sandbox

# What engine tcg costs is in test_tcg.py: there QEMU's start is not counted.
pytestmark = pytest.mark.needs("no-emulator")

MAX_PSS_KIB = 8 * 1024
MAX_CPU_SECONDS = 0.1


@pytest.mark.slow
@pytest.mark.parametrize("cpus", [1, 2])
def test_a_sleeping_sandbox_uses_no_cpu(cpus: int, sandbox: Sandbox) -> None:
    result = sandbox.run(paths.BUSYBOX, "sleep", "10", options=["--cpus", str(cpus)], timeout=30)
    assert result.status == 0 and result.seconds >= 10, result.describe()
    assert result.cpu_seconds <= MAX_CPU_SECONDS, f"{result.cpu_seconds:.3f} s of CPU\n{result.describe()}"


def test_a_sleeping_busybox_costs_little_memory(sandbox: Sandbox) -> None:
    child = sandbox.start(paths.BUSYBOX, "sleep", "60")
    try:
        # it only grows while it boots: the largest of what is seen once it has come to rest
        samples = [0]
        while len(samples) < 4 or samples[-1] != samples[-3]:
            time.sleep(0.3)
            assert child.poll() is None, f"ended early with {child.returncode}"
            samples.append(pss_kib(child.pid))
            assert len(samples) < 60, f"memory never settles: {samples}"
        assert 0 < samples[-1] <= MAX_PSS_KIB, samples
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
