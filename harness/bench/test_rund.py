"""What is promised of starts and density (./test.sh -m bench -k rund), and that the experiment works (always)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from bench import rund
from lib import record
from lib.bundles import CGROUPS, wait_for

SCRIPT = Path(rund.__file__)


def left_behind(mark: str) -> list[str]:
    """State, control groups and processes whose names hold `mark`."""
    # walk() passes over what goes away meanwhile.
    left = [f"{directory}/{name}" for directory, names, _ in os.walk(CGROUPS) for name in names if name.startswith(mark)]
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in line.read_bytes():
                left.append(str(line))
        except OSError:
            continue
    return left


@pytest.mark.slow
def test_a_quick_run_gives_a_record_and_figures(baryon: Path, scratch: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--quick", "--peers", "baryon,runc", "--baryon", str(baryon), "--records", str(scratch), "--no-figures"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    file = Path(done.stdout.strip())
    figures = subprocess.run([sys.executable, str(rund.FIGURES), str(file), "--out", str(scratch / "figures")], capture_output=True, text=True)
    assert figures.returncode == 0, figures.stderr
    assert {path.name for path in (scratch / "figures").iterdir()} == {"start.png", "rate.png", "memory.png", "table.md"}
    found = json.loads(file.read_text())
    for peer in ("baryon", "runc"):
        kinds = {row["experiment"] for row in found["series"] if row["peer"] == peer}
        assert kinds == {"start", "rate", "memory"}, found["peers"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: signal.Signals(number).name)
def test_an_interrupted_run_leaves_nothing_behind(number: int, baryon: Path, scratch: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--quick", "--peers", "baryon", "--counts", "6,400", "--baryon", str(baryon), "--records", str(scratch), "--no-figures"]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    mark = f"baryon-{child.pid}-m"
    try:
        wait_for(lambda: len(left_behind(mark)) > 8, "it never had sandboxes", 120)
        os.kill(child.pid, number)
        assert child.wait(timeout=120) != 0
        wait_for(lambda: not left_behind(mark), f"left behind: {left_behind(mark)[:5]}", 120)
    finally:
        child.kill()


Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def measured(baryon: Path) -> dict[str, Any]:
    result = rund.measure(binary=baryon)
    file = record.save(result, rund.RECORDS)
    print(f"record: {file}")
    subprocess.run([sys.executable, str(rund.FIGURES), str(file)], check=True)
    return result


def rows(measured: dict[str, Any], peer: str, experiment: str) -> Rows:
    return [row for row in measured["series"] if row["peer"] == peer and row["experiment"] == experiment]


def start_ms(measured: dict[str, Any], peer: str) -> float:
    return median(value for row in rows(measured, peer, "start") if row["concurrency"] == 1 for value in row["samples_ns"]) / 1e6


@pytest.mark.bench
def test_rund_run_of_true_takes_at_most_15_ms_and_half_of_runc(measured: dict[str, Any]) -> None:
    ours, theirs = start_ms(measured, "baryon"), start_ms(measured, "runc")
    assert ours <= 15 and ours * 2 <= theirs, f"{ours:.1f} ms, runc {theirs:.1f} ms"


@pytest.mark.bench
def test_rund_150_starts_a_second(measured: dict[str, Any]) -> None:
    best = max(len(row["samples_ns"]) / row["elapsed_ns"] * 1e9 for row in rows(measured, "baryon", "rate"))
    assert best >= 150, f"{best:.0f} starts a second"


@pytest.mark.bench
def test_rund_2500_sandboxes_of_at_most_6_mib(measured: dict[str, Any]) -> None:
    crowded = max(rows(measured, "baryon", "memory"), key=lambda row: row["count"])
    assert crowded["count"] == 2500
    assert crowded["pss_kib"] <= 6 * 1024 and crowded["available_kib"] <= 6 * 1024, crowded
    assert crowded["idle_cpu_share"] <= 0.001, crowded


