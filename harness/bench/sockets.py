#!/usr/bin/python3
"""redis-server natively and in a sandbox, driven by redis-benchmark on the host: GET with 1 and 50 clients, pipelines of
1 and 16. The two take turns in every round. Writes one record and prints its path and the medians.

Needs Debian's redis-server and redis-tools."""

from __future__ import annotations

import argparse
import contextlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import paths, record  # noqa: E402  (after the path)
from lib.ports import free_port  # noqa: E402

REDIS = "/usr/bin/redis-server"
LOADS = ((1, 1, 5_000), (1, 16, 50_000), (50, 1, 100_000), (50, 16, 400_000))  # clients, pipeline, requests
RATE = re.compile(r"GET: ([0-9.]+) requests per second")


@contextlib.contextmanager
def redis(launcher: list[str]) -> Iterator[int]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="baryon-redis-") as directory:
        command = [*launcher, REDIS, "--port", str(port), "--save", "", "--appendonly", "no"]
        child = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while True:
                with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 5):
                    break
                if child.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"redis-server did not start: {command}")
                time.sleep(0.05)
            yield port
        finally:
            child.terminate()
            child.wait(timeout=30)


def rate(port: int, clients: int, pipeline: int, requests: int) -> float:
    command = ["redis-benchmark", "-p", str(port), "-t", "get", "-q"]
    command += ["-n", str(requests), "-c", str(clients), "-P", str(pipeline)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    return float(RATE.findall(output.replace("\r", "\n"))[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--baryon", type=Path, default=paths.BARYON)
    parser.add_argument("--options", default="--memory 1G", help="options of `baryon boot`")
    parser.add_argument("--records", type=Path, default=paths.BUILD / "records")
    arguments = parser.parse_args()
    ours = [str(arguments.baryon), "boot", *arguments.options.split()]
    version = subprocess.run([REDIS, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    result = record.new(
        {"rounds": arguments.rounds, "loads": LOADS, "options": arguments.options},
        {"native": {"redis": version}, "baryon": {"redis": version}},
    )
    with redis([]) as native, redis(ours) as sandbox:
        for number in range(arguments.rounds):
            for clients, pipeline, requests in LOADS:
                for peer, port in (("native", native), ("baryon", sandbox)):
                    result["series"].append({
                        "peer": peer, "experiment": "redis", "name": f"get_c{clients}_p{pipeline}", "libc": "glibc",
                        "unit": "requests/s", "round": number, "samples": [rate(port, clients, pipeline, requests)],
                    })  # fmt: skip
    for clients, pipeline, _ in LOADS:
        name = f"get_c{clients}_p{pipeline}"
        medians = [statistics.median(record.samples(result, peer, name, "glibc")) for peer in ("native", "baryon")]
        print(f"{name:12} native {medians[0]:9.0f}  baryon {medians[1]:9.0f}  {medians[1] / medians[0]:.2f}")
    print(record.save(result, arguments.records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
