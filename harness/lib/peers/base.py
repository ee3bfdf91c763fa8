"""What a peer can do, and how measurements look on their way to the record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

LIBCS = ("musl", "glibc")


@dataclass(frozen=True)
class Program:
    """A micro-benchmark from userlib/bench. `file_argument`: its first argument is a file to read."""

    name: str
    cpus: int = 1
    file_argument: bool = False


# start.c is measured from outside, as a whole process
PROGRAMS = (
    Program("null_syscall"),
    Program("clock_gettime"),
    Program("qcall", file_argument=True),
    Program("files", file_argument=True),
    Program("page_fault"),
    Program("thread_create", cpus=2),
    Program("futex_pingpong", cpus=2),
)


@dataclass(frozen=True)
class Series:
    """One benchmark's samples from one run of one program in one peer."""

    peer: str
    experiment: str  # the program
    name: str  # what it calls the benchmark
    libc: str
    unit: str
    samples: list[float]

    def as_json(self, round_number: int) -> dict[str, Any]:
        return {**self.__dict__, "round": round_number}


class PeerFailed(RuntimeError):
    """A peer could not be run; the message says what it printed."""


class Peer(Protocol):
    """`prepare` may be slow and is called once; `close` undoes it."""

    name: str

    def prepare(self, work: Path) -> None: ...

    def measure(self) -> list[Series]:
        """Every program once, with each libc."""

    def start_to_exit_ns(self) -> float:
        """Wall time of the whole process that runs `start` to its end."""

    def describe(self) -> dict[str, str]:
        """Versions and configuration for the record."""

    def close(self) -> None: ...


def parse_output(peer: str, program: str, libc: str, output: str) -> list[Series]:
    """JSON lines as userlib/bench prints them; any other line is an error."""
    found = []
    for line in output.splitlines():
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            series = Series(peer, program, row["name"], libc, row["unit"], [float(value) for value in row["samples"]])
        except (ValueError, KeyError, TypeError) as error:
            raise PeerFailed(f"{peer}: {program} ({libc}) printed {line!r}: {error}") from error
        if len(series.samples) < 10:
            raise PeerFailed(f"{peer}: {program} ({libc}) gave {len(series.samples)} samples")
        found.append(series)
    if not found:
        raise PeerFailed(f"{peer}: {program} ({libc}) printed nothing")
    return found
