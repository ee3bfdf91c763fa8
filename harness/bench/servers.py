#!/usr/bin/python3
"""redis-server and nginx natively, in runc, in QEMU with Linux and in a sandbox, driven by redis-benchmark and ab on the host:
redis GET with 1 and 50 clients in pipelines of 1 and 16, nginx with 1 and 50 clients. The peers take turns in every
round. Writes one record and prints its path and the medians.

Needs Debian's redis-server, redis-tools, nginx and apache2-utils (tools/install-deps.sh --for bench)."""

from __future__ import annotations

import argparse
import contextlib
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import paths, record  # noqa: E402  (after the path)
from lib.peers.base import PeerFailed  # noqa: E402
from lib.peers.servers import Address, Baryon, Native, Qemu, Runc, Server  # noqa: E402
from lib.ports import free_port  # noqa: E402

PEERS = ("native", "runc", "qemu", "baryon")
# Clients, pipeline, requests; of a peer that is slow, a tenth.
REDIS_LOADS = ((1, 1, 5_000), (1, 16, 50_000), (50, 1, 100_000), (50, 16, 400_000))
NGINX_LOADS = ((1, 2_000), (50, 20_000))
PAGE_BYTES = 1024
REDIS_RATE = re.compile(r"GET: ([0-9.]+) requests per second")
AB_RATE = re.compile(r"Requests per second: +([0-9.]+)")
AB_FAILED = re.compile(r"Failed requests: +([0-9]+)")


def redis(port: int) -> Server:
    # Not protected: there is nobody but us on the machine's loopback, or in QEMU's network.
    command = ("/usr/bin/redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--protected-mode", "no")
    return Server("redis", command, port)


def nginx(port: int, work: Path) -> Server:
    site = work / "site"
    site.mkdir()
    (site / "page").write_bytes(b"x" * PAGE_BYTES)
    configuration = site / "nginx.conf"
    configuration.write_text(
        "daemon off; user root; worker_processes 1; pid /tmp/nginx-bench.pid; error_log stderr;\n"
        "events { worker_connections 256; }\n"
        "http { access_log off; sendfile on; keepalive_requests 1000000; client_body_temp_path /tmp/nginx-a;\n"
        "proxy_temp_path /tmp/nginx-b; fastcgi_temp_path /tmp/nginx-c; uwsgi_temp_path /tmp/nginx-d; scgi_temp_path /tmp/nginx-e;\n"
        f"server {{ listen {port}; root {site}; }} }}\n"
    )
    command = ("/usr/sbin/nginx", "-e", "stderr", "-c", str(configuration))
    return Server("nginx", command, port, directories=(site,))


def output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise PeerFailed(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.replace("\r", "\n")


def redis_rate(at: Address, clients: int, pipeline: int, requests: int) -> float:
    command = [*at.launcher, "redis-benchmark", "-h", at.host, "-p", str(at.port), "-t", "get", "-q"]
    return float(REDIS_RATE.findall(output([*command, "-n", str(requests), "-c", str(clients), "-P", str(pipeline)]))[-1])


def nginx_rate(at: Address, clients: int, requests: int) -> float:
    command = [*at.launcher, "ab", "-q", "-k", "-n", str(requests), "-c", str(clients), f"http://{at.host}:{at.port}/page"]
    text = output(command)
    if AB_FAILED.search(text)[1] != "0":  # type: ignore[index]
        raise PeerFailed(text)
    return float(AB_RATE.search(text)[1])  # type: ignore[index]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=",".join(PEERS), help="comma-separated (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--baryon", type=Path, default=paths.BARYON)
    parser.add_argument("--options", default="--memory 1G", help="options of `baryon boot`")
    parser.add_argument("--records", type=Path, default=paths.ROOT / "papers" / "quark" / "records")
    arguments = parser.parse_args()
    names = arguments.peers.split(",")
    if unknown := set(names) - set(PEERS):
        parser.error(f"unknown peers: {', '.join(sorted(unknown))} (known: {', '.join(PEERS)})")
    makers = {"native": Native, "runc": Runc, "qemu": Qemu, "baryon": lambda: Baryon(arguments.baryon, arguments.options.split())}
    peers = [makers[name]() for name in names]
    version = output(["/usr/bin/redis-server", "--version"]).strip()
    facts = {"redis": version, "page_bytes": str(PAGE_BYTES)}
    result = record.new(
        {"rounds": arguments.rounds, "redis": REDIS_LOADS, "nginx": NGINX_LOADS, "options": arguments.options},
        {peer.name: facts for peer in peers},
    )

    def note(peer: str, experiment: str, name: str, number: int, value: float) -> None:
        result["series"].append({
            "peer": peer, "experiment": experiment, "name": name, "libc": "glibc", "unit": "requests/s", "round": number,
            "samples": [value],
        })  # fmt: skip

    with contextlib.ExitStack() as stack:
        addresses = {}
        for peer in peers:
            print(f"bench: starting {peer.name}", file=sys.stderr, flush=True)
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baryon-servers-")))
            addresses[peer.name] = (
                stack.enter_context(peer.serving(redis(free_port()))),
                stack.enter_context(peer.serving(nginx(free_port(), work))) if peer.name != "qemu" else None,
            )
        for number in range(arguments.rounds):
            print(f"bench: round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
            for clients, pipeline, requests in REDIS_LOADS:
                for name, (at, _) in addresses.items():
                    few = requests // 10 if name == "qemu" else requests
                    note(name, "redis", f"get_c{clients}_p{pipeline}", number, redis_rate(at, clients, pipeline, few))
            for clients, requests in NGINX_LOADS:
                for name, (_, at) in addresses.items():
                    if at is not None:
                        note(name, "nginx", f"page_c{clients}", number, nginx_rate(at, clients, requests))
    # One machine in QEMU at a time: two would share the cores with each other.
    for peer in (each for each in peers if each.name == "qemu"):
        with tempfile.TemporaryDirectory(prefix="baryon-servers-") as work, peer.serving(nginx(free_port(), Path(work))) as at:
            for number in range(arguments.rounds):
                for clients, requests in NGINX_LOADS:
                    note("qemu", "nginx", f"page_c{clients}", number, nginx_rate(at, clients, requests // 10))
    print_table(result, names)
    print(record.save(result, arguments.records))
    return 0


def print_table(result: dict[str, object], names: list[str]) -> None:
    print(f"{'requests/s':12}" + "".join(f"{name:>12}" for name in names) + f"{'baryon/native':>16}")
    for name in [f"get_c{c}_p{p}" for c, p, _ in REDIS_LOADS] + [f"page_c{c}" for c, _ in NGINX_LOADS]:
        medians = {peer: statistics.median(record.samples(result, peer, name, "glibc")) for peer in names}
        ratio = f"{medians['baryon'] / medians['native']:.2f}" if {"baryon", "native"} <= set(names) else ""
        print(f"{name:12}" + "".join(f"{medians[peer]:12.0f}" for peer in names) + f"{ratio:>16}")


if __name__ == "__main__":
    sys.exit(main())
