"""The promised ratios, from one run in which every peer took its turn (./test.sh -m bench)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import pytest

from lib import record
from lib.measure import RECORDS, measure

pytestmark = pytest.mark.bench

# On a busy machine the same program differs from itself by more than what is promised here: then nothing can be said.
MAX_SPREAD = 0.5  # interquartile range over median

Median = Callable[[str, str, str], float]


@pytest.fixture(scope="module")
def of(baryon: Path) -> Median:
    """Medians in nanoseconds by peer, benchmark and libc, from a record that is kept."""
    result = measure(binary=baryon)
    file = record.save(result, RECORDS)
    print(f"record: {file}")

    def value(peer: str, name: str, libc: str) -> float:
        """`peer`: its name, or a combination."""
        peer = next((each for each, facts in result["peers"].items() if facts.get("combination") == peer), peer)
        found = record.samples(result, peer, name, libc)
        assert found, f"{file} has no samples of {name} ({libc}) in {peer}"
        low, middle, high = quantiles(found, n=4)
        spread = (high - low) / middle
        assert spread <= MAX_SPREAD, f"too busy to judge: {name} ({libc}) in {peer} spreads over {spread:.0%}; see {file}"
        return median(found)

    return value


@pytest.mark.parametrize("libc", ["musl", "glibc"])
def test_a_null_system_call_is_at_least_three_times_faster_than_native(libc: str, of: Median) -> None:
    assert of("baryon", "null_syscall", libc) * 3 <= of("native", "null_syscall", libc)


def test_a_qcall_round_trip_takes_less_than_a_microsecond(of: Median) -> None:
    assert of("baryon", "qcall_fstat", "musl") < 1000


def test_start_to_exit_takes_at_most_ten_milliseconds(of: Median) -> None:
    assert of("baryon", "start_to_exit", "musl") <= 10e6


@pytest.mark.parametrize(("arch", "libc", "milliseconds"), [("x86_64", "musl", 400), ("aarch64", "glibc", 600)])
def test_start_to_exit_under_tcg(arch: str, libc: str, milliseconds: int, of: Median) -> None:
    assert of(f"tcg-split-{arch}", "start_to_exit", libc) <= milliseconds * 1e6


def test_start_to_exit_is_at_least_three_times_faster_than_runc(of: Median) -> None:
    assert of("baryon", "start_to_exit", "musl") * 3 <= of("runc", "start_to_exit", "musl")
