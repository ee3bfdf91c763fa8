"""The combinations of engine, privilege model and architecture that this host runs, as `baryon doctor` names them."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path

from lib import process


@dataclass(frozen=True)
class Combo:
    engine: str
    privilege: str
    arch: str

    @property
    def options(self) -> tuple[str, ...]:
        return ("--engine", self.engine, "--privilege", self.privilege, "--arch", self.arch)

    def __str__(self) -> str:
        return f"{self.engine}-{self.privilege}-{self.arch}"


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
    """What `--engine auto --privilege auto` takes for the host's own architecture."""
    report = doctor(binary)
    chosen = report.get("auto")
    if not isinstance(chosen, dict) or not chosen.get("engine"):
        raise DoctorFailed(f"baryon doctor finds nothing that runs on this host: {chosen!r}")
    return Combo(chosen["engine"], chosen["privilege"], os.uname().machine)


def supported(binary: Path) -> list[Combo]:
    """Every combination that the doctor calls supported. Never empty: a host that runs nothing cannot be tested."""
    report = doctor(binary)
    rows = report.get("combinations")
    if not isinstance(rows, list):
        raise DoctorFailed(f"baryon doctor --json names no combinations: {report!r}")
    combos = [Combo(row["engine"], row["privilege"], row["arch"]) for row in rows if row["supported"]]
    if not combos:
        raise DoctorFailed(f"baryon doctor supports nothing on this host: {rows!r}")
    return combos
