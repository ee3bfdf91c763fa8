"""One benchmark run: the peers take turns within every round, so that whatever the machine does meanwhile hits all."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from lib import combos, paths, record
from lib.combos import Combo
from lib.peers.base import Peer, Series
from lib.peers.direct import Baryon, Native, Runc
from lib.peers.qemu import Qemu

PEERS = ("native", "runc", "qemu", "baryon")
RECORDS = paths.ROOT / "papers" / "quark" / "records"


def make_peers(name: str, binary: Path, options: tuple[str, ...]) -> list[Peer]:
    """Baryon is several peers: what it chooses here, and each other combination of engine, privilege and architecture."""
    if name == "baryon":
        chosen = combos.automatic(binary)
        others = [combo for combo in combos.supported(binary, ()) if combo != chosen]
        return [Baryon(binary, options, chosen), *(Baryon(binary, options, combo, f"baryon {combo}") for combo in others)]
    makers: dict[str, Peer] = {"native": Native(), "runc": Runc(), "qemu": Qemu()}
    return [makers[name]]


def measure(
    names: tuple[str, ...] = PEERS,
    *,
    rounds: int = 3,
    starts: int = 50,
    qemu_starts: int = 5,
    tcg_starts: int = 20,
    binary: Path = paths.BARYON,
    options: tuple[str, ...] = (),
) -> dict[str, Any]:
    """One record. `starts`: whole-process starts per peer; less for those that take long: a Linux in QEMU gets
    `qemu_starts`, Baryon under tcg `tcg_starts`."""
    peers = [peer for name in names for peer in make_peers(name, binary, options)]
    with tempfile.TemporaryDirectory(prefix="baryon-bench-") as directory:
        for peer in peers:
            say(f"preparing {peer.name}")
            peer.prepare(Path(directory))
        configuration = {"rounds": rounds, "starts": starts, "qemu_starts": qemu_starts, "tcg_starts": tcg_starts}
        result = record.new(configuration, {peer.name: peer.describe() for peer in peers})
        try:
            for number in range(rounds):
                for peer in peers:
                    say(f"round {number + 1} of {rounds}: {peer.name}")
                    result["series"] += [series.as_json(number) for series in peer.measure()]
            result["series"] += [series.as_json(0) for series in _starts(peers, starts, {"qemu": qemu_starts, "tcg": tcg_starts})]
        finally:
            for peer in peers:
                peer.close()
    return result


def _starts(peers: list[Peer], starts: int, fewer: dict[str, int]) -> list[Series]:
    """In turns as well. Baryon also tells how much of a start passes before its engine's first guest instruction."""
    say(f"start to exit: {starts} times each")
    times: dict[str, list[float]] = {peer.name: [] for peer in peers}
    engine: dict[str, list[float]] = {peer.name: [] for peer in peers if isinstance(peer, Baryon)}
    for peer in peers:
        peer.start_to_exit_ns()  # fills the page cache
    for number in range(starts):
        for peer in peers:
            kind = peer.combo.engine if isinstance(peer, Baryon) else peer.name
            if number >= fewer.get(kind, starts):
                continue
            times[peer.name].append(peer.start_to_exit_ns())
            if isinstance(peer, Baryon):
                engine[peer.name].append(peer.engine_start_ns())
    libc = {peer.name: peer.libcs[0] for peer in peers if isinstance(peer, Baryon)}
    return [
        Series(name, "start", what, libc.get(name, "musl"), "ns", values)
        for what, table in (("start_to_exit", times), ("engine_start", engine))
        for name, values in table.items()
    ]


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)
