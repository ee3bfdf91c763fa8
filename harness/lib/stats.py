"""What `baryon boot --stats FILE` writes. The one place in the harness that knows its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stats:
    engine: str
    privilege: str
    boot_us: dict[str, float]  # phase, in the order of the boot: microseconds
    syscalls: dict[str, int]  # by number, as decimal text
    syscalls_rewritten: int  # calls that arrived through a rewritten site
    syscalls_trapped: int  # calls that arrived by the SYSCALL instruction
    sites_rewritten: int
    exits: dict[str, int]  # vCPU exits by reason
    qcalls: int
    page_faults: int
    peak_memory_bytes: int

    @property
    def rewritten_share(self) -> float:
        total = self.syscalls_rewritten + self.syscalls_trapped
        return self.syscalls_rewritten / total if total else 0.0


def parse(document: dict[str, Any]) -> Stats:
    """Every key is required and has the right shape; anything else raises KeyError or TypeError."""
    stats = Stats(**{name: document[name] for name in Stats.__dataclass_fields__})
    for name in ("boot_us", "syscalls", "exits"):
        table = getattr(stats, name)
        if not isinstance(table, dict) or not all(isinstance(value, (int, float)) for value in table.values()):
            raise TypeError(f"{name} is not a table of numbers: {table!r}")
    for name in ("syscalls_rewritten", "syscalls_trapped", "sites_rewritten", "qcalls", "page_faults"):
        if not isinstance(getattr(stats, name), int):
            raise TypeError(f"{name} is not an integer: {getattr(stats, name)!r}")
    return stats


def phase_lines(stats: Stats) -> list[str]:
    """The boot as a person reads it: what ran where, then one line per phase."""
    lines = [f"engine {stats.engine}, privilege model {stats.privilege}"]
    lines += [f"  {phase:<24} {microseconds / 1000:8.3f} ms" for phase, microseconds in stats.boot_us.items()]
    return lines
