#!/usr/bin/python3
"""Draws the figures and the table of a record of harness/bench/rund.py, with RunD's own numbers beside them.

  papers/rund/figures.py RECORD [--out DIR]     writes DIR/{start,rate,memory}.png and DIR/table.md (default: figures/)
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the backend)
import numpy as np  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

# Okabe and Ito's palette, as in papers/quark/figures.py.
COLOURS = {"baryon": "#0072B2", "runc": "#E69F00", "crun": "#009E73", "qemu": "#56B4E9"}
MARKERS = {"baryon": "o", "runc": "^", "crun": "v", "qemu": "D"}
LABELS = {"baryon": "Baryon", "runc": "runc", "crun": "crun", "qemu": "QEMU (TCG) + Linux"}

# Li et al., RunD (USENIX ATC'22): 104 threads, 384 GB. Milliseconds at a concurrency; MB a sandbox (PSS, 128 MB guests).
RUND_START_MS = {
    "RunD": {1: 84, 100: 475, 200: 1085, 400: 2442},
    "Kata-QEMU": {1: 525, 100: 3603, 200: 6855, 400: 15749},
    "Kata-Firecracker": {1: 311, 100: 12780, 200: 27205, 400: 86255},
}
RUND_MEMORY_MB = {"RunD": {1: 60, 1000: 24.5}, "Kata-QEMU": {1: 170, 1000: 148}}
RUND_RATE = 200  # "over 200 a second"
GREYS = {"RunD": "#333333", "Kata-QEMU": "#888888", "Kata-Firecracker": "#bbbbbb"}
MIB = 1024


def rows_of(record: dict[str, Any], peer: str, experiment: str) -> list[dict[str, Any]]:
    return [each for each in record["series"] if each["peer"] == peer and each["experiment"] == experiment]


def peers_of(record: dict[str, Any]) -> list[str]:
    return [name for name, facts in record["peers"].items() if "left_out" not in facts]


def starts(record: dict[str, Any], peer: str) -> dict[int, np.ndarray]:
    """Milliseconds by concurrency, rounds together."""
    pooled: dict[int, list[float]] = {}
    for row in rows_of(record, peer, "start"):
        pooled.setdefault(row["concurrency"], []).extend(row["samples_ns"])
    return {at_once: np.array(values) / 1e6 for at_once, values in sorted(pooled.items())}


def rates(record: dict[str, Any], peer: str) -> dict[int, float]:
    """Starts a second by how many were in flight; the median of the rounds."""
    found: dict[int, list[float]] = {}
    for row in rows_of(record, peer, "rate"):
        found.setdefault(row["concurrency"], []).append(len(row["samples_ns"]) / row["elapsed_ns"] * 1e9)
    return {at_once: float(np.median(values)) for at_once, values in sorted(found.items())}


def draw_starts(record: dict[str, Any], axes: Axes) -> None:
    for name, points in RUND_START_MS.items():
        axes.plot(list(points), list(points.values()), color=GREYS[name], linestyle="--", linewidth=1, marker="s", markersize=4, markerfacecolor="none", label=f"{name} (paper)")
    for peer in peers_of(record):
        found = starts(record, peer)
        if not found:
            continue
        middle = [float(np.median(values)) for values in found.values()]
        low, high = ([float(np.percentile(values, q)) for values in found.values()] for q in (25, 75))
        axes.fill_between(list(found), low, high, color=COLOURS[peer], alpha=0.15, linewidth=0)
        axes.plot(list(found), middle, color=COLOURS[peer], marker=MARKERS[peer], label=LABELS[peer])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("starts at the same time")
    axes.set_ylabel("ms: median, band from first to third quartile")
    axes.set_title("Start of a container (ours: true, command to its end)", loc="left", fontsize=10)


def draw_rates(record: dict[str, Any], axes: Axes) -> None:
    position = 0.0
    ticks: list[tuple[float, str]] = []
    for peer in peers_of(record):
        found = rates(record, peer)
        first = position
        for at_once, rate in found.items():
            axes.bar(position, rate, color=COLOURS[peer], width=0.8)
            axes.annotate(f"{rate:.0f}", (position, rate), ha="center", va="bottom", fontsize=8)
            axes.annotate(str(at_once), (position, 0), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=7, color="white")
            position += 1
        if found:
            ticks.append(((first + position - 1) / 2, LABELS[peer]))
            position += 0.7
    axes.axhline(RUND_RATE, color=GREYS["RunD"], linestyle="--", linewidth=1)
    axes.annotate("RunD (paper, 104 threads): over 200", (0, RUND_RATE), xytext=(0, 3), textcoords="offset points", fontsize=8, color=GREYS["RunD"])
    axes.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
    axes.set_ylabel("starts a second; in the bar: commands in flight")
    axes.set_title("Start rate", loc="left", fontsize=10)


def draw_memory(record: dict[str, Any], axes: Axes) -> None:
    for name, points in RUND_MEMORY_MB.items():
        axes.plot(list(points), list(points.values()), color=GREYS[name], linestyle="--", linewidth=1, marker="s", markersize=4, markerfacecolor="none", label=f"{name}, PSS (paper)")
    for peer in peers_of(record):
        rows = rows_of(record, peer, "memory")
        if not rows:
            continue
        counts = [row["count"] for row in rows]
        axes.plot(counts, [row["pss_kib"] / MIB for row in rows], color=COLOURS[peer], marker=MARKERS[peer], label=f"{LABELS[peer]}, PSS")
        host = [(row["count"], row["available_kib"] / MIB) for row in rows if row.get("available_kib", 0) > 0]
        if host:
            axes.plot(*zip(*host, strict=True), color=COLOURS[peer], marker=MARKERS[peer], markerfacecolor="none", linestyle=":", label=f"{LABELS[peer]}, MemAvailable")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("containers alive")
    axes.set_ylabel("MiB for each")
    axes.set_title("Memory of a sleeping container", loc="left", fontsize=10)


def footer_of(record: dict[str, Any]) -> str:
    machine, commit = record["machine"], record["commit"]
    dirty = " with local changes" if commit["dirty"] else ""
    load = machine["load_before"][0]
    return f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, load {load:.1f} before, commit {commit['hash'][:10]}{dirty}, {record['time']}"


def table(record: dict[str, Any]) -> str:
    peers = peers_of(record)
    lines = [f"# {record['time']}", "", f"{footer_of(record)}.", ""]
    lines += [f"{name} is not measured: {facts['left_out']}" for name, facts in record["peers"].items() if "left_out" in facts]
    lines += ["", "Start to exit of `run` with true, ms: median (first to third quartile, number).", ""]
    lines += _table(["at once", *(LABELS[peer] for peer in peers), *(f"{name} (paper)" for name in RUND_START_MS)])
    measured = {peer: starts(record, peer) for peer in peers}
    for at_once in sorted({n for found in measured.values() for n in found} | {n for points in RUND_START_MS.values() for n in points}):
        cells = [_start_cell(measured[peer].get(at_once)) for peer in peers]
        cells += [f"{points[at_once]:,}" if at_once in points else "" for points in RUND_START_MS.values()]
        lines.append(f"| {at_once} | " + " | ".join(cells) + " |")
    lines += ["", "Starts a second.", ""]
    lines += _table(["in flight", *(LABELS[peer] for peer in peers), "RunD (paper)"])
    rate = {peer: rates(record, peer) for peer in peers}
    for at_once in sorted({n for found in rate.values() for n in found}):
        lines.append(f"| {at_once} | " + " | ".join(f"{rate[peer][at_once]:.0f}" if at_once in rate[peer] else "" for peer in peers) + " | over 200 |")
    lines += ["", "Memory of one of many sleeping containers, MiB: PSS, then the host's MemAvailable; idle: processor time while asleep.", ""]
    lines += _table(["alive", *(LABELS[peer] for peer in peers), *(f"{name}, MB (paper)" for name in RUND_MEMORY_MB)])
    memory = {peer: {row["count"]: row for row in rows_of(record, peer, "memory")} for peer in peers}
    for count in sorted({n for rows in memory.values() for n in rows}):
        cells = [_memory_cell(memory[peer].get(count)) for peer in peers]
        cells += [str(points.get(count, "")) for points in RUND_MEMORY_MB.values()]
        lines.append(f"| {count} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _table(heads: list[str]) -> list[str]:
    return ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]


def _start_cell(values: np.ndarray | None) -> str:
    if values is None:
        return ""
    q1, middle, q3 = np.percentile(values, [25, 50, 75])
    return f"{middle:.3g} ({q1:.3g} to {q3:.3g}, {len(values)})"


def _memory_cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    text = f"{row['pss_kib'] / MIB:.2f}"
    if "available_kib" in row:
        text += f", {row['available_kib'] / MIB:.2f}; idle {row['idle_cpu_share']:.2%}"
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "figures")
    arguments = parser.parse_args()
    record = json.loads(arguments.record.read_text())
    if record.get("schema") != 1 or record.get("paper") != "rund":
        print(f"figures: error: {arguments.record} is no record of harness/bench/rund.py", file=sys.stderr)
        return 1
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, draw in {"start": draw_starts, "rate": draw_rates, "memory": draw_memory}.items():
        figure, axes = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
        draw(record, axes)
        axes.grid(axis="y", color="#dddddd", linewidth=0.7)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=7.5)
        figure.supxlabel(footer_of(record), fontsize=6, color="#777777", x=0.99, ha="right")
        figure.savefig(arguments.out / f"{name}.png", dpi=160)
        plt.close(figure)
    (arguments.out / "table.md").write_text(table(record))
    print(f"3 figures and table.md in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
