"""One benchmark run: the peers take turns within every round, so that whatever the machine does meanwhile hits all."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from lib import paths, record
from lib.peers.base import Peer, Series
from lib.peers.direct import Baryon, Native, Runc
from lib.peers.qemu import Qemu

PEERS = ("native", "runc", "qemu", "baryon")
RECORDS = paths.ROOT / "papers" / "quark" / "records"


def make_peer(name: str, binary: Path, options: tuple[str, ...]) -> Peer:
    makers: dict[str, Peer] = {"native": Native(), "runc": Runc(), "qemu": Qemu(), "baryon": Baryon(binary, options)}
    return makers[name]


def measure(
    names: tuple[str, ...] = PEERS,
    *,
    rounds: int = 3,
    starts: int = 50,
    qemu_starts: int = 5,
    binary: Path = paths.BARYON,
    options: tuple[str, ...] = (),
) -> dict[str, Any]:
    """One record. `starts`: whole-process starts per peer; QEMU takes seconds for each and gets `qemu_starts`."""
    peers = [make_peer(name, binary, options) for name in names]
    with tempfile.TemporaryDirectory(prefix="baryon-bench-") as directory:
        for peer in peers:
            say(f"preparing {peer.name}")
            peer.prepare(Path(directory))
        configuration = {"rounds": rounds, "starts": starts, "qemu_starts": qemu_starts}
        result = record.new(configuration, {peer.name: peer.describe() for peer in peers})
        try:
            for number in range(rounds):
                for peer in peers:
                    say(f"round {number + 1} of {rounds}: {peer.name}")
                    result["series"] += [series.as_json(number) for series in peer.measure()]
            result["series"] += [series.as_json(0) for series in _starts(peers, starts, qemu_starts)]
        finally:
            for peer in peers:
                peer.close()
    return result


def _starts(peers: list[Peer], starts: int, qemu_starts: int) -> list[Series]:
    say(f"start to exit: {starts} times each")
    times: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for peer in peers:
        peer.start_to_exit_ns()  # fills the page cache
    for number in range(starts):
        for peer in peers:
            if peer.name != "qemu" or number < qemu_starts:
                times[peer.name].append(peer.start_to_exit_ns())
    return [Series(name, "start", "start_to_exit", "musl", "ns", values) for name, values in times.items()]


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)
