"""The guest's clocks are the host's: every reading lies between two of the host, at the start and a while later, so that
neither an offset nor a wrong rate goes unseen. Where guest and host have different counters, they are compared when the
guest starts, as exactly as the machine's load allows; baryon says how exactly, and is held to that."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

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
def test_every_reading_of_the_guest_lies_between_two_of_the_host(
    combo: Combo, combo_sandbox: Sandbox, scratch: Path
) -> None:
    libc = "glibc" if combo.arch == HOST else f"glibc-{combo.arch}"
    messages = scratch / "messages"
    child = combo_sandbox.start(
        paths.program("demo", "clocks_on_request", libc),
        options=["--log-level", "debug"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=messages.open("wb"),
        bufsize=0,
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
            said = re.search(r"counter is known to within (\d+) ns", messages.read_text())
            slack = int(said[1]) // 2 + 1 if said else 0
            for at, (reading, clock) in enumerate(zip(readings, ("realtime", "monotonic") * 2)):
                low, high = before[at % 2], after[at % 2]
                assert low - slack <= reading <= high + slack, (
                    f"reading {number}: the guest's {clock} clock is {low - reading} ns behind or {reading - high} ns ahead, known to ±{slack} ns"
                )
            assert readings[1] > last
            last = readings[3]
            time.sleep(PAUSE_SECONDS)
        child.stdin.close()
        assert child.wait(timeout=20) == 0
    finally:
        child.kill()
        child.wait()


@pytest.mark.fast
@pytest.mark.any_arch
@pytest.mark.needs("same-host")
def test_the_phases_of_a_boot_fit_into_the_time_that_it_took(combo: Combo, combo_sandbox: Sandbox) -> None:
    libc = "glibc" if combo.arch == HOST else f"glibc-{combo.arch}"
    result, stats = combo_sandbox.run_with_stats(paths.program("bench", "start", libc))
    assert result.status == 0, result.describe()
    assert all(phase >= 0 for phase in stats.boot_us.values()), stats.boot_us
    assert sum(stats.boot_us.values()) <= result.seconds * 1e6, (stats.boot_us, result.seconds)
