"""The guest's clocks are the host's: every reading lies between two of the host, at the start and a while later, so that
neither an offset nor a wrong rate goes unseen."""

from __future__ import annotations

import subprocess
import time

import pytest

from lib import paths
from lib.cases import HOST
from lib.combos import Combo
from lib.sandbox import Sandbox

READINGS = 40
PAUSE_SECONDS = 0.05  # two seconds in all


def host_clocks() -> tuple[int, int]:
    return time.clock_gettime_ns(time.CLOCK_REALTIME), time.clock_gettime_ns(time.CLOCK_MONOTONIC)


@pytest.mark.fast
@pytest.mark.any_arch
@pytest.mark.needs("same-host")
def test_every_reading_of_the_guest_lies_between_two_of_the_host(combo: Combo, combo_sandbox: Sandbox) -> None:
    libc = "glibc" if combo.arch == HOST else f"glibc-{combo.arch}"
    child = combo_sandbox.start(
        paths.program("demo", "clocks_on_request", libc), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    try:
        assert child.stdin is not None and child.stdout is not None
        last = 0
        for number in range(READINGS):
            before = host_clocks()
            child.stdin.write(b"?")
            line = child.stdout.readline()
            after = host_clocks()
            readings = [int(word) for word in line.split()]
            assert len(readings) == 4, f"reading {number}: {line!r}"
            for at, (reading, clock) in enumerate(zip(readings, ("realtime", "monotonic") * 2)):
                low, high = before[at % 2], after[at % 2]
                assert low <= reading <= high, (
                    f"reading {number}: the guest's {clock} clock is {low - reading} ns behind or {reading - high} ns ahead"
                )
            assert readings[1] > last
            last = readings[3]
            time.sleep(PAUSE_SECONDS)
        child.stdin.close()
        assert child.wait(timeout=20) == 0
    finally:
        child.kill()
        child.wait()
