#!/usr/bin/python3
"""Starts and density, as RunD's paper asks: latency of a start at growing concurrency, starts a second, memory of each of
many sandboxes. Baryon beside runc, crun where it runs, and QEMU with Linux, in one run on one machine; writes
papers/rund/records/<time>.json, then draws papers/rund/figures/. An interrupted run leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import paths, process, record  # noqa: E402  (after the path)
from lib.crowd import Crowd, Unsupported, crowd, memory_of  # noqa: E402
from lib.memory import pss_kib  # noqa: E402
from lib.peers.base import PeerFailed  # noqa: E402
from lib.peers.qemu import Qemu  # noqa: E402

RECORDS = paths.ROOT / "papers" / "rund" / "records"
FIGURES = paths.ROOT / "papers" / "rund" / "figures.py"
CONTAINERS = ("baryon", "runc", "crun")
PEERS = (*CONTAINERS, "qemu")

# What is measured. `most`: containers of the peers at once; RunD's 2,500 are for Baryon.
FULL = {"rounds": 2, "sequential": 60, "concurrency": (1, 10, 50, 100, 200), "rate_starts": 600, "rate_at_once": (2, 4, 8),
        "counts": (1, 100, 1000, 2500), "most": 1000, "qemu_concurrency": (1, 10), "qemu_counts": (1, 10)}  # fmt: skip
QUICK = {"rounds": 1, "sequential": 6, "concurrency": (1, 4), "rate_starts": 12, "rate_at_once": (4,), "counts": (1, 8),
         "most": 8, "qemu_concurrency": (), "qemu_counts": ()}  # fmt: skip


def say(text: str) -> None:
    print(f"rund: {text}", file=sys.stderr, flush=True)


def version_of(command: list[str]) -> str:
    return process.run([*command, "--version"]).text.strip().splitlines()[0]


def measure(plan: dict[str, Any] = FULL, peers: tuple[str, ...] = PEERS, binary: Path = paths.BARYON) -> dict[str, Any]:
    """One record. The peers take turns in every round of starts; memory is measured for one after the other."""
    commands = {"baryon": [str(binary.resolve())], "runc": ["runc"], "crun": ["crun"]}
    result = record.new({key: list(value) if isinstance(value, tuple) else value for key, value in plan.items()}, {}, paper="rund")
    usable: list[str] = []
    for name in peers:
        if name == "qemu":
            continue
        try:
            with crowd(name, commands[name]):
                result["peers"][name] = {"version": version_of(commands[name])}
                usable.append(name)
        except (Unsupported, FileNotFoundError) as why:
            say(f"{name} is left out: {why}")
            result["peers"][name] = {"left_out": str(why)}
    for number in range(plan["rounds"]):
        for name in usable:
            with crowd(name, commands[name]) as containers:
                say(f"round {number + 1} of {plan['rounds']}: starts of {name}")
                result["series"] += starts_of(containers, plan, number)
    for name in usable:
        counts = [count for count in plan["counts"] if name == "baryon" or count <= plan["most"]]
        with crowd(name, commands[name]) as containers:
            say(f"memory of {name}: {', '.join(map(str, counts))} at once")
            result["series"] += [{"peer": name, "experiment": "memory", **row} for row in memory_of(containers, counts)]
    if "qemu" in peers and (plan["qemu_concurrency"] or plan["qemu_counts"]):
        result["series"] += of_qemu(plan, result["peers"])
    return result


def starts_of(containers: Crowd, plan: dict[str, Any], number: int) -> list[dict[str, Any]]:
    series = []
    for concurrency in plan["concurrency"]:
        total = plan["sequential"] if concurrency == 1 else concurrency
        samples, elapsed = containers.starts(total, concurrency)
        series.append({"experiment": "start", "concurrency": concurrency, "samples_ns": samples, "elapsed_ns": elapsed})
    for at_once in plan["rate_at_once"]:
        samples, elapsed = containers.starts(plan["rate_starts"], at_once)
        series.append({"experiment": "rate", "concurrency": at_once, "samples_ns": samples, "elapsed_ns": elapsed})
    return [{"peer": containers.name, "round": number, **each} for each in series]


def of_qemu(plan: dict[str, Any], peers: dict[str, Any]) -> list[dict[str, Any]]:
    """QEMU with Debian's kernel, TCG: what a Kata guest would be on a host without hardware virtualisation."""
    series: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="baryon-rund-") as directory:
        qemu = Qemu()
        try:
            qemu.prepare(Path(directory))
        except PeerFailed as why:
            say(f"qemu is left out: {why}")
            peers["qemu"] = {"left_out": str(why)}
            return []
        peers["qemu"] = qemu.describe()
        for concurrency in plan["qemu_concurrency"]:
            say(f"starts of qemu: {concurrency} at once")
            begin = time.perf_counter_ns()
            machines = [subprocess.Popen(qemu.starting_command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(concurrency)]
            samples = []
            try:
                for machine in machines:  # they end in about the same moment
                    machine.wait(timeout=600)
                    samples.append(float(time.perf_counter_ns() - begin))
            finally:
                end_all(machines)
            series.append({"peer": "qemu", "round": 0, "experiment": "start", "concurrency": concurrency, "samples_ns": samples,
                           "elapsed_ns": samples[-1]})  # fmt: skip
        for count in plan["qemu_counts"]:
            say(f"memory of qemu: {count} at once")
            machines = [subprocess.Popen(qemu.sleeping_command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) for _ in range(count)]
            try:
                for machine in machines:
                    wait_for_line(machine, b"@@up")
                total = sum(pss_kib(machine.pid) for machine in machines)
            finally:
                end_all(machines)
            series.append({"peer": "qemu", "experiment": "memory", "count": count, "pss_kib": total / count})
    return series


def wait_for_line(machine: subprocess.Popen[bytes], text: bytes) -> None:
    assert machine.stdout is not None
    for line in machine.stdout:
        if text in line:
            return
    raise PeerFailed(f"qemu ended before it printed {text!r}")


def end_all(machines: list[subprocess.Popen[bytes]]) -> None:
    for machine in machines:
        machine.kill()
    for machine in machines:
        machine.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few of everything: shows that it works, not how fast it is")
    parser.add_argument("--peers", default=",".join(PEERS), help="comma-separated (default: %(default)s)")
    parser.add_argument("--counts", help="numbers of sandboxes for memory, comma-separated")
    parser.add_argument("--baryon", type=Path, default=paths.BARYON, help="the binary under test")
    parser.add_argument("--records", type=Path, default=RECORDS)
    parser.add_argument("--no-figures", action="store_true")
    arguments = parser.parse_args()
    names = tuple(arguments.peers.split(","))
    if unknown := set(names) - set(PEERS):
        parser.error(f"unknown peers: {', '.join(sorted(unknown))} (known: {', '.join(PEERS)})")
    plan = dict(QUICK if arguments.quick else FULL)
    if arguments.counts:
        plan["counts"] = tuple(int(count) for count in arguments.counts.split(","))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    file = record.save(measure(plan, names, arguments.baryon), arguments.records)
    print(file)
    if not arguments.no_figures:
        os.execv(sys.executable, [sys.executable, str(FIGURES), str(file)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
