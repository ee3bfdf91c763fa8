#!/usr/bin/python3
"""Draws one figure per experiment and a table of all of them from a benchmark record, and from nothing else.

  papers/quark/figures.py RECORD [--out DIR]     writes DIR/<experiment>.png and DIR/table.md (default: figures/)
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the backend)
import numpy as np  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: E402

# Okabe and Ito's palette: told apart by colour-blind readers and in grey. Baryon comes in several combinations: the one
# that it chooses is the peer "baryon", the others are "baryon ENGINE-PRIVILEGE-ARCH".
COLOURS = {"native": "#666666", "runc": "#E69F00", "qemu": "#56B4E9", "baryon": "#0072B2"}
MARKERS = {"native": "s", "runc": "^", "qemu": "D", "baryon": "o"}
LABELS = {"native": "native", "runc": "runc", "qemu": "QEMU (TCG) + Linux"}
LEGEND_COLUMNS = 4
OTHER_COLOURS = ("#009E73", "#CC79A7", "#D55E00", "#000000", "#F0E442")
OTHER_MARKERS = ("v", "P", "X", "*", "<")
CLOCKS = (
    "Whole processes (start_to_exit) are timed from outside by this host's CLOCK_MONOTONIC, from posix_spawn to wait. All "
    "else is timed by the program itself with its own CLOCK_MONOTONIC, over batches of calls; that the guest's clock is the "
    "host's in each combination is what harness/boot/test_clocks.py asserts. engine_start is Baryon's own account "
    "(--stats): from handing over to the engine to the guest's first instruction, under tcg the start of QEMU."
)
TITLES = {
    "null_syscall": "Null system call (getppid)",
    "clock_gettime": "clock_gettime",
    "qcall": "Host round trip (fstat, pread of one byte)",
    "files": "Files: open and close, stat, read 4 KiB, list, map",
    "page_fault": "First touch of a 4 KiB page",
    "thread_create": "Thread create and join",
    "futex_pingpong": "Futex ping-pong, round trip of two threads",
    "start": "Static program, start to exit, whole process",
}


class Peers:
    """The record's peers in their order, with the look of each."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.names: list[str] = list(record["peers"])
        others = [name for name in self.names if name not in COLOURS]
        self.colours = COLOURS | dict(zip(others, OTHER_COLOURS, strict=False))
        self.markers = MARKERS | dict(zip(others, OTHER_MARKERS, strict=False))
        self.labels = LABELS | {
            name: f"Baryon {facts['combination']}" if "combination" in facts else "Baryon"
            for name, facts in record["peers"].items()
            if name not in LABELS
        }


@dataclass(frozen=True)
class Summary:
    median: float
    q1: float
    q3: float
    count: int


def summaries(record: dict[str, Any]) -> dict[str, dict[tuple[str, str], dict[str, Summary]]]:
    """experiment -> (benchmark, libc) -> peer -> summary, nanoseconds. Rounds are pooled."""
    pooled: dict[tuple[str, str, str, str], list[float]] = {}
    for series in record["series"]:
        if series["unit"] != "ns":
            raise ValueError(f"unit {series['unit']!r} in {series['name']}: this draws nanoseconds")
        key = (series["experiment"], series["name"], series["libc"], series["peer"])
        pooled.setdefault(key, []).extend(series["samples"])
    found: dict[str, dict[tuple[str, str], dict[str, Summary]]] = {}
    for (experiment, name, libc, peer), values in pooled.items():
        q1, median, q3 = np.percentile(values, [25, 50, 75])
        summary = Summary(float(median), float(q1), float(q3), len(values))
        found.setdefault(experiment, {}).setdefault((name, libc), {})[peer] = summary
    return found


def duration(nanoseconds: float) -> str:
    for limit, divisor, unit in ((1e3, 1, "ns"), (1e6, 1e3, "µs"), (1e9, 1e6, "ms")):
        if nanoseconds < limit:
            return f"{nanoseconds / divisor:.3g} {unit}"
    return f"{nanoseconds / 1e9:.3g} s"


def ratio(ours: float, native: float) -> str:
    """How `ours` compares with native, in words that cannot be read the wrong way round."""
    factor = max(ours / native, native / ours)
    if factor < 1.05:
        return "as native"
    text = f"{factor:.1f}" if factor < 10 else f"{factor:.0f}"
    return f"{text}× {'faster' if ours < native else 'slower'}"


def draw(peers_of: Peers, experiment: str, groups: dict[tuple[str, str], dict[str, Summary]], footer: str, file: Path) -> None:
    rows = [(group, peer) for group in groups for peer in peers_of.names if peer in groups[group]]
    height = 1.5 + 0.27 * len(rows) + 0.22 * len(groups)
    figure, axes = plt.subplots(figsize=(8.5, height), layout="constrained")
    position, ticks = 0.0, []
    for group, peers in groups.items():
        first = position
        for peer in peers_of.names:
            if peer in peers:
                _row(axes, position, peers_of, peer, peers[peer], peers.get("native"))
                position += 1
        ticks.append(((first + position - 1) / 2, "\n".join(group)))
        position += 0.8
    axes.set_yticks([at for at, _ in ticks], [text for _, text in ticks], fontsize=8.5)
    axes.set_ylim(position - 0.8 - 0.4, -0.6)
    _time_axis(axes, [summary for peers in groups.values() for summary in peers.values()])
    shown = [peer for peer in peers_of.names if any(peer in peers for peers in groups.values())]
    axes.set_title(TITLES.get(experiment, experiment), loc="left", fontsize=11, fontweight="bold", pad=10 + 14 * -(-len(shown) // LEGEND_COLUMNS))
    handles = [
        plt.Line2D([], [], color=peers_of.colours[peer], marker=peers_of.markers[peer], linestyle="none", label=peers_of.labels[peer]) for peer in shown
    ]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=min(LEGEND_COLUMNS, len(shown)), frameon=False, fontsize=8.5)
    figure.supxlabel(footer, fontsize=6.5, color="#777777", x=0.99, ha="right")
    figure.savefig(file, dpi=160)
    plt.close(figure)


def _row(axes: Axes, at: float, peers_of: Peers, peer: str, summary: Summary, native: Summary | None) -> None:
    """A marker at the median, a bar over the middle half of the samples, the number and its ratio to native."""
    colour = peers_of.colours[peer]
    axes.plot([summary.q1, summary.q3], [at, at], color=colour, linewidth=4, alpha=0.35, solid_capstyle="butt")
    axes.plot(summary.median, at, marker=peers_of.markers[peer], color=colour, markersize=6)
    text = duration(summary.median)
    if native is not None and peer != "native":
        text += f"  ({ratio(summary.median, native.median)})"
    axes.annotate(text, (summary.q3, at), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8, color="#222222",
                  fontweight="bold" if peer == "baryon" else "normal")  # fmt: skip


def _time_axis(axes: Axes, shown: list[Summary]) -> None:
    """Logarithmic, with room for the labels on the right."""
    low, high = min(s.q1 for s in shown), max(s.q3 for s in shown)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.6, high * max(4.0, (high / low) ** 0.45))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("time per operation, logarithmic: median, bar from first to third quartile", fontsize=8.5)
    axes.tick_params(axis="x", labelsize=8.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def table(record: dict[str, Any], found: dict[str, dict[tuple[str, str], dict[str, Summary]]]) -> str:
    """One row per benchmark and libc: median, IQR and ratio to native for each peer."""
    peers_of = Peers(record)
    peers = peers_of.names
    lines = [
        f"# {record['time']}",
        "",
        f"{footer_of(record)}. Median (interquartile range, number of samples); ratio to native in the same run.",
        "",
        CLOCKS,
        "",
        "| benchmark | libc | " + " | ".join(peers_of.labels[peer] for peer in peers) + " |",
        "|---|---|" + "---|" * len(peers),
    ]
    for groups in found.values():
        for (name, libc), row in groups.items():
            lines.append(f"| {name} | {libc} | " + " | ".join(_cell(peer, row) for peer in peers) + " |")
    return "\n".join(lines) + "\n"


def _cell(peer: str, row: dict[str, Summary]) -> str:
    if peer not in row:
        return "not measured"
    one = row[peer]
    text = f"{duration(one.median)} ({duration(one.q3 - one.q1)}, {one.count})"
    if peer != "native" and "native" in row:
        text += f", {ratio(one.median, row['native'].median)}"
    return text


def footer_of(record: dict[str, Any]) -> str:
    machine, commit = record["machine"], record["commit"]
    dirty = " with local changes" if commit["dirty"] else ""
    return f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, commit {commit['hash'][:10]}{dirty}, {record['time']}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "figures")
    arguments = parser.parse_args()
    record = json.loads(arguments.record.read_text())
    if record.get("schema") != 1:
        print(f"figures: error: {arguments.record} has schema {record.get('schema')!r}, this draws 1", file=sys.stderr)
        return 1
    found = summaries(record)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for experiment, groups in found.items():
        draw(Peers(record), experiment, groups, footer_of(record), arguments.out / f"{experiment}.png")
    (arguments.out / "table.md").write_text(table(record, found))
    print(f"{len(found)} figures and table.md in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
