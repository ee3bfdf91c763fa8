#!/usr/bin/python3
"""Measures native, runc, QEMU with Linux, and Baryon in every combination that this host runs, all in one run; writes
papers/quark/records/<time>.json and prints its path."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import paths, record  # noqa: E402  (after the path)
from lib.measure import PEERS, RECORDS, measure  # noqa: E402
from lib.peers.base import PeerFailed  # noqa: E402
from lib.process import TimedOut  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=",".join(PEERS), help="comma-separated (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=50, help="whole-process starts per peer (default: 50)")
    parser.add_argument("--qemu-starts", type=int, default=5)
    parser.add_argument("--tcg-starts", type=int, default=20, help="the same of Baryon under tcg")
    parser.add_argument("--baryon", type=Path, default=paths.BARYON, help="the binary under test")
    parser.add_argument("--options", default="", help="options for every `baryon boot`, for example '--privilege linked'")
    parser.add_argument("--records", type=Path, default=RECORDS)
    arguments = parser.parse_args()
    names = tuple(arguments.peers.split(","))
    if unknown := set(names) - set(PEERS):
        parser.error(f"unknown peers: {', '.join(sorted(unknown))} (known: {', '.join(PEERS)})")
    try:
        result = measure(
            names,
            rounds=arguments.rounds,
            starts=arguments.starts,
            qemu_starts=arguments.qemu_starts,
            tcg_starts=arguments.tcg_starts,
            binary=arguments.baryon,
            options=tuple(arguments.options.split()),
        )
    except (PeerFailed, TimedOut) as failure:
        print(f"bench: error: {failure}", file=sys.stderr)
        return 1
    print(record.save(result, arguments.records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
