"""Host memory and processes of a sandbox, read from /proc."""

from __future__ import annotations

from pathlib import Path


def descendants(pid: int) -> list[int]:
    """`pid` and the processes below it that are alive now."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
    return found


def pss_kib(pid: int) -> int:
    """Proportional set size of `pid` and its descendants, KiB (proc(5), smaps_rollup)."""
    total = 0
    for each in descendants(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def own_and_total_pss_kib(pid: int, ram_kib: int) -> tuple[int, int]:
    """PSS of `pid` and its descendants without the guest's RAM, and with it, KiB. A mapping that is larger than a quarter of
    the RAM counts as part of it: nothing else in a host process is as large."""
    own = total = 0
    for each in descendants(pid):
        size = 0
        try:
            lines = Path(f"/proc/{each}/smaps").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for line in lines:
            if line.startswith("Size:"):
                size = int(line.split()[1])
            elif line.startswith("Pss:"):
                pss = int(line.split()[1])
                total += pss
                own += pss if size <= ram_kib // 4 else 0
    return own, total


def marked_processes(variable: str, value: str) -> list[int]:
    """Processes whose environment holds variable=value: what a marked start has left running."""
    wanted = f"{variable}={value}".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found
