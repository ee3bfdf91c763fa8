"""Debian's servers, unmodified, in a sandbox; their real clients on the host. Packages: tools/install-deps.sh --for bench."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.ports import free_port
from lib.sandbox import Sandbox

pytestmark = [pytest.mark.heavy, pytest.mark.needs("same-host")]


@contextlib.contextmanager
def serving(sandbox: Sandbox, port: int, *program: str, options: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
    child = sandbox.start(*program, options=options, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 30):
                break
            assert child.poll() is None and time.monotonic() < deadline, f"{program[0]} does not listen"
            time.sleep(0.05)
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def client(*command: str, data: bytes = b"") -> bytes:
    return subprocess.run(command, input=data, check=True, capture_output=True, timeout=120).stdout


def test_redis_survives_its_benchmark_and_a_restart_from_its_dump(combo_sandbox: Sandbox, scratch: Path) -> None:
    options = ("--bind", f"{scratch}:{scratch}:rw", "--memory", "1G")
    port = free_port()
    command = ("/usr/bin/redis-server", "--port", str(port), "--dir", str(scratch), "--save", "")
    with serving(combo_sandbox, port, *command, options=options):
        client("redis-benchmark", "-p", str(port), "-n", "20000", "-c", "50", "-q")
        assert client("redis-cli", "-p", str(port), "set", "kept", "value") == b"OK\n"
        assert b"started" in client("redis-cli", "-p", str(port), "bgsave")
        deadline = time.monotonic() + 60
        while b"rdb_bgsave_in_progress:1" in client("redis-cli", "-p", str(port), "info", "persistence"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert b"rdb_last_bgsave_status:ok" in client("redis-cli", "-p", str(port), "info", "persistence")
    with serving(combo_sandbox, port, *command, options=options):
        assert client("redis-cli", "-p", str(port), "get", "kept") == b"value\n"


def test_nginx_with_two_workers_serves_a_file(combo_sandbox: Sandbox, scratch: Path) -> None:
    port = free_port()
    content = os.urandom(2_000_000)
    (scratch / "file").write_bytes(content)
    (scratch / "nginx.conf").write_text(
        f"daemon off; user root; worker_processes 2; pid {scratch}/pid; error_log stderr;\n"
        "events { worker_connections 256; }\n"
        f"http {{ access_log off; sendfile on; client_body_temp_path {scratch}/a; proxy_temp_path {scratch}/b;\n"
        f"fastcgi_temp_path {scratch}/c; uwsgi_temp_path {scratch}/d; scgi_temp_path {scratch}/e;\n"
        f"server {{ listen 127.0.0.1:{port}; root {scratch}; }} }}\n"
    )
    options = ("--bind", f"{scratch}:{scratch}:rw", "--cpus", "2")
    with serving(combo_sandbox, port, "/usr/sbin/nginx", "-c", str(scratch / "nginx.conf"), options=options):
        for _ in range(10):
            assert client("curl", "-sf", f"http://127.0.0.1:{port}/file") == content


def test_memcached_stores_and_returns(combo_sandbox: Sandbox) -> None:
    port = free_port()
    command = ("/usr/bin/memcached", "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "2")
    with (
        serving(combo_sandbox, port, *command, options=("--memory", "1G")),
        socket.create_connection(("127.0.0.1", port), 60) as connection,
    ):
        for number in range(200):
            value = os.urandom(1000).hex().encode()
            connection.sendall(b"set k%d 0 0 %d\r\n%s\r\nget k%d\r\n" % (number, len(value), value, number))
            expected = b"STORED\r\nVALUE k%d 0 %d\r\n%s\r\nEND\r\n" % (number, len(value), value)
            answer = b""
            while len(answer) < len(expected):
                answer += connection.recv(65536)
            assert answer == expected


def test_node_serves_http(combo_sandbox: Sandbox) -> None:
    port = free_port()
    script = (
        "require('http').createServer((q, r) => { let n = 0; q.on('data', d => n += d.length);"
        f" q.on('end', () => r.end('got ' + n)); }}).listen({port}, '127.0.0.1')"
    )
    with serving(combo_sandbox, port, "/usr/bin/node", "-e", script, options=("--memory", "1G")):
        for size in (1, 100_000, 3_000_000):
            answer = client("curl", "-sf", "--data-binary", "@-", f"http://127.0.0.1:{port}/", data=b"x" * size)
            assert answer == b"got %d" % size


def test_openssl_speaks_tls(combo_sandbox: Sandbox, scratch: Path) -> None:
    port = free_port()
    client("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
           "-keyout", str(scratch / "key"), "-out", str(scratch / "cert"))  # fmt: skip
    command = ("/usr/bin/openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-quiet",
               "-key", str(scratch / "key"), "-cert", str(scratch / "cert"))  # fmt: skip
    with serving(combo_sandbox, port, *command):
        answer = client("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(scratch / "cert"),
                        "-verify_return_error", "-quiet", "-ign_eof", data=b"GET / HTTP/1.0\r\n\r\n")  # fmt: skip
        assert answer.startswith(b"HTTP/1.0 200 ok")
