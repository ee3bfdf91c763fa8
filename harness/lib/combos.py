"""The combinations of engine, privilege model, architecture and host that can be tested here.

What this machine runs, `baryon doctor` says. Emulated machines (lib/machine.py) add what needs another KVM.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lib import machine, process


@dataclass(frozen=True)
class Combo:
    engine: str
    privilege: str
    arch: str
    host: str = ""  # an emulated machine's name; empty: this machine

    @property
    def options(self) -> tuple[str, ...]:
        return ("--engine", self.engine, "--privilege", self.privilege, "--arch", self.arch)

    @property
    def patience(self) -> float:
        """By how much time limits grow: every guest instruction is emulated under tcg."""
        return 3.0 if self.engine == "tcg" else 1.0

    def __str__(self) -> str:
        where = f"{self.host}:" if self.host else ""
        return f"{where}{self.engine}-{self.privilege}-{self.arch}"


class DoctorFailed(RuntimeError):
    """`baryon doctor --json` cannot be used; nothing can be said about the sandbox then."""


@functools.cache
def doctor(binary: Path) -> dict[str, object]:
    """The host's report. Asked once: it measures the machine."""
    if not binary.exists():
        raise DoctorFailed(f"{binary} does not exist: build it first (./test.sh does)")
    result = process.run([binary, "doctor", "--json"], timeout=60)
    if result.status != 0:
        raise DoctorFailed(f"baryon doctor failed\n{result.describe()}")
    try:
        report = json.loads(result.stdout)
    except json.JSONDecodeError as error:
        raise DoctorFailed(f"baryon doctor --json printed no JSON: {error}\n{result.describe()}") from error
    return report


def automatic(binary: Path) -> Combo:
    """What baryon takes on this machine when nobody asks for anything."""
    chosen = doctor(binary)["auto"]
    assert isinstance(chosen, dict)
    if chosen["engine"] is None:
        raise DoctorFailed(f"baryon runs nothing on this host: {chosen['why']}")
    return Combo(chosen["engine"], chosen["privilege"], os.uname().machine)


def supported(binary: Path, machines: Sequence[str]) -> list[Combo]:
    """Every combination that the doctor calls supported, then those of the emulated machines.

    The doctor's are never none: a host that runs nothing cannot be tested.
    """
    combos = rows_of(doctor(binary))
    if not combos:
        raise DoctorFailed("baryon doctor supports nothing on this host")
    return combos + [
        Combo("kvm", privilege, machine.MODELS[name].arch, name) for name in machines for privilege in machine.MODELS[name].privileges
    ]


def rows_of(report: dict[str, object], host: str = "") -> list[Combo]:
    """The supported combinations of a doctor's report."""
    rows = report.get("combinations")
    if not isinstance(rows, list):
        raise DoctorFailed(f"baryon doctor --json names no combinations: {report!r}")
    return [Combo(row["engine"], row["privilege"], row["arch"], host) for row in rows if row["supported"]]
