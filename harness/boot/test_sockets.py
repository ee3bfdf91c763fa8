"""Servers in a sandbox, clients on the host, and the other way round, over loopback."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import os
import resource
import selectors
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib import paths
from lib.sandbox import Sandbox

PYTHON = "/usr/bin/python3"
PATIENCE = 60.0

HTTP_SERVER = """
import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *rest): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""

ASYNC_ECHO = """
import asyncio
async def serve(reader, writer):
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

HTTP_CLIENT = """
import sys, urllib.request
for path in ("", "large"):
    data = urllib.request.urlopen(f"http://localhost:{sys.argv[1]}/{path}", timeout=30).read()
    print(len(data), sum(data))
"""


@contextlib.contextmanager
def server(sandbox: Sandbox, *program: str | Path, options: tuple[str, ...] = ()) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Starts a server that prints its port; ends it if it has not ended."""
    child = sandbox.start(*program, options=options, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stderr is not None
        line = child.stdout.readline()
        assert line.strip().isdigit(), child.stderr.read().decode()
        yield int(line), child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def echo(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    back = b""
    while len(back) < len(data):
        part = connection.recv(65536)
        assert part, f"the connection ended after {len(back)} of {len(data)} bytes"
        back += part
    return back


@pytest.mark.needs("same-host")
def test_python_serves_files_to_a_client_on_the_host(combo_sandbox: Sandbox, scratch: Path) -> None:
    large = os.urandom(3_000_000)
    (scratch / "large").write_bytes(large)
    with server(combo_sandbox, PYTHON, "-c", HTTP_SERVER, options=("--cwd", str(scratch))) as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        for _ in range(5):
            connection.request("GET", "/large")
            answer = connection.getresponse()
            assert (answer.status, answer.read() == large) == (200, True)
        connection.request("GET", "/missing")
        assert connection.getresponse().status == 404


@pytest.mark.needs("same-host")
def test_asyncio_echoes_many_connections(combo_sandbox: Sandbox) -> None:
    with server(combo_sandbox, PYTHON, "-c", ASYNC_ECHO) as (port, _):
        connections = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(50)]
        for size in (1, 1000, 100_000):
            for each in connections[:: 1 if size < 100_000 else 10]:
                data = os.urandom(size)
                sender = threading.Thread(target=each.sendall, args=(data,))
                sender.start()
                back = b""
                while len(back) < size:
                    back += each.recv(65536)
                sender.join()
                assert back == data
        for each in connections:
            each.close()


@pytest.mark.needs("same-host")
def test_a_client_in_the_sandbox_reaches_a_server_on_the_host(combo_sandbox: Sandbox) -> None:
    """Also resolves a name, as glibc does it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"small" if self.path == "/" else bytes(range(256)) * 4000
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    host = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    try:
        result = combo_sandbox.run(PYTHON, "-c", HTTP_CLIENT, str(host.server_address[1]), timeout=PATIENCE)
        expected = f"5 {sum(b'small')}\n{256 * 4000} {sum(range(256)) * 4000}\n"
        assert (result.status, result.text) == (0, expected), result.describe()
    finally:
        host.shutdown()
        host.server_close()


@pytest.mark.needs("same-host")
def test_a_sandbox_that_ends_closes_its_connections(sandbox: Sandbox) -> None:
    with server(sandbox, PYTHON, "-c", ASYNC_ECHO) as (port, child):
        connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
        assert echo(connection, b"there") == b"there"
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=PATIENCE)
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), PATIENCE)


@pytest.mark.slow
@pytest.mark.needs("same-host")
def test_ten_thousand_connections_at_the_same_time(sandbox: Sandbox) -> None:
    """One epoll server with edge-triggered events; every connection is echoed twice, none is lost, all are closed."""
    count = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard > count + 500, f"this machine allows {hard} open files"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with server(sandbox, paths.program("demo", "echo_server", "musl"), str(count)) as (port, child):
            # The server's program may have as many descriptors as the host's process, which raises its own limit.
            connections = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(count)]
            try:
                for turn in range(2):
                    waiting = selectors.EpollSelector()
                    for number, each in enumerate(connections):
                        each.sendall(f"{turn} {number}".encode())
                        waiting.register(each, selectors.EVENT_READ, number)
                    left = count
                    while left:
                        ready = waiting.select(PATIENCE)
                        assert ready, f"{left} connections were not echoed"
                        for key, _ in ready:
                            assert connections[key.data].recv(100) == f"{turn} {key.data}".encode()
                            waiting.unregister(connections[key.data])
                            left -= 1
                    waiting.close()
            finally:
                for each in connections:
                    each.close()
            assert child.wait(timeout=PATIENCE) == 0
            assert child.stdout is not None and child.stdout.read() == f"{count} at the same time\n".encode()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
