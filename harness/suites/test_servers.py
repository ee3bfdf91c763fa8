"""Debian's servers, unmodified, in Debian's root file system; their real clients beside them on Linux.

Each scenario returns what its clients saw: in a sandbox that is what they see when the server runs in a chroot.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import os
import random
import re
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lib.places import Chroot, InSandbox, Place, output, serving
from lib.ports import free_port
from lib.sandbox import Sandbox

pytestmark = [pytest.mark.heavy, pytest.mark.needs("same-host")]

# What a scenario is given: where the server runs, where its clients do (always on Linux), a directory that both see.
Scenario = Callable[[Place, Place, Path], list[str]]


def digest(data: bytes) -> str:
    return f"{len(data)} {hashlib.sha256(data).hexdigest()[:16]}"


def redis(place: Place, linux: Place, shared: Path) -> list[str]:
    """A hundred thousand requests by fifty clients, BGSAVE, and a restart from the dump."""
    port = free_port()
    command = ("/usr/bin/redis-server", "--port", str(port), "--dir", str(shared), "--save", "")
    seen: list[str] = []

    def cli(*arguments: str) -> str:
        return output(linux, "redis-cli", "-p", str(port), *arguments).decode().strip()

    def background(what: str, key: str) -> None:
        cli(what)
        deadline = time.monotonic() + 100
        while f"{key}:1" in cli("info", "persistence"):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    with serving(place, port, *command, shared=shared):
        bench = output(linux, "redis-benchmark", "-p", str(port), "-n", "100000", "-c", "50", "-t", "set,get,incr", "-q", timeout=400)
        seen += re.findall(r"([A-Z]+): [0-9.]+ requests per second", bench.decode().replace("\r", "\n"))
        more = output(linux, "redis-benchmark", "-p", str(port), "-n", "20000", "-c", "50", "-P", "16", "-r", "10000", "-q", timeout=400)
        seen.append(str(more.decode().count("requests per second")))
        seen += [cli("set", "kept", "value"), cli("eval", "for i=1,5000 do redis.call('rpush','list',i) end return redis.call('llen','list')", "0")]
        seen.append(cli("get", "counter:__rand_int__"))
        background("bgsave", "rdb_bgsave_in_progress")
        seen += re.findall(r"rdb_last_bgsave_status:\w+", cli("info", "persistence"))
        cli("config", "set", "appendonly", "yes")
        background("bgrewriteaof", "aof_rewrite_in_progress")
        seen += re.findall(r"aof_last_bgrewrite_status:\w+", cli("info", "persistence"))
        cli("config", "set", "appendonly", "no")
    with serving(place, port, *command, shared=shared) as server:
        seen += [cli("get", "kept"), cli("lrange", "list", "4990", "-1"), cli("exists", "counter:__rand_int__")]
        cli("shutdown", "nosave")
        seen.append(f"ended with {server.wait(60)}")
    return seen


def nginx(place: Place, linux: Place, shared: Path) -> list[str]:
    """A master with two workers: files, ranges, compression, many clients at a time, a reload and a clean end."""
    port = free_port()
    (shared / "file").write_bytes(random.Random(1).randbytes(2_000_000))
    (shared / "page.txt").write_text("a line that compresses well\n" * 2000)
    configuration = (
        f"daemon off; user root; worker_processes 2; pid {shared}/pid; error_log stderr;\n"
        "events { worker_connections 256; }\n"
        f"http {{ access_log {shared}/access; sendfile on; gzip on; gzip_types text/plain;\n"
        f"default_type text/plain; client_body_temp_path {shared}/a; proxy_temp_path {shared}/b;\n"
        f"fastcgi_temp_path {shared}/c; uwsgi_temp_path {shared}/d; scgi_temp_path {shared}/e;\n"
        f"server {{ listen 127.0.0.1:{port}; root {shared}; location /proxy/ {{ proxy_pass http://127.0.0.1:{port}/; }}\n"
        "location /moved { return 301 /file; } location /version { return 200 'VERSION'; } } }\n"
    )
    (shared / "nginx.conf").write_text(configuration.replace("VERSION", "one"))
    url = f"http://127.0.0.1:{port}"

    def curl(*arguments: str) -> bytes:
        return output(linux, "curl", "-s", *arguments)

    # `nginx -s` signals the process that the file `pid` names, so it runs where the server does.
    script = (
        f"nginx -c {shared}/nginx.conf & for signal in reload quit; do until [ -e {shared}/$signal ]; do sleep 0.1; done;"
        f" nginx -c {shared}/nginx.conf -s $signal; done; wait $!"
    )
    with serving(place, port, "/bin/sh", "-c", script, shared=shared) as server:
        seen = [digest(curl(f"{url}/file")), digest(curl(f"{url}/proxy/file")), digest(curl("--compressed", f"{url}/page.txt"))]
        seen.append(digest(curl("-r", "1000-4999", f"{url}/file")))
        seen += [curl("-o", "/dev/null", "-w", "%{http_code}", f"{url}/{path}").decode() for path in ("none", "moved", "file")]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            many = pool.map(lambda n: digest(curl(*[f"{url}/{name}" for name in ("file", "page.txt", "file")])), range(24))
            seen += sorted(set(many))
        (shared / "nginx.conf").write_text(configuration.replace("VERSION", "two"))
        seen.append(curl(f"{url}/version").decode())
        (shared / "reload").touch()
        deadline = time.monotonic() + 60
        while (version := curl(f"{url}/version").decode()) != "two":
            assert time.monotonic() < deadline and version == "one"
        (shared / "quit").touch()
        seen.append(f"ended with {server.wait(60)}")
    statuses = re.findall(r'" (\d+) \d+ "', (shared / "access").read_text())
    return [*seen, str({status: statuses.count(status) for status in ("206", "301", "404")})]


def memcached(place: Place, linux: Place, shared: Path) -> list[str]:
    """The text protocol by several connections; values that are large, expire, and are evicted."""
    port = free_port()
    command = ("/usr/bin/memcached", "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "2", "-m", "8")
    numbers = random.Random(2)

    def ask(connection: socket.socket, request: bytes, end: bytes) -> bytes:
        connection.sendall(request)
        answer = b""
        while not answer.endswith(end):
            part = connection.recv(65536)
            assert part, answer
            answer += part
        return answer

    def client(number: int) -> str:
        answers = hashlib.sha256()
        with socket.create_connection(("127.0.0.1", port), 60) as connection:
            for each in range(200):
                value = bytes([65 + (number + each) % 26]) * (each * 37 % 4000 + 1)
                request = b"set k%d-%d 5 0 %d\r\n%s\r\nget k%d-%d\r\n" % (number, each, len(value), value, number, each)
                answers.update(ask(connection, request, b"END\r\n"))
        return answers.hexdigest()[:16]

    with serving(place, port, *command), socket.create_connection(("127.0.0.1", port), 60) as connection:
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            seen = list(pool.map(client, range(10)))
        large = numbers.randbytes(500_000).hex().encode()
        seen.append(ask(connection, b"set large 0 0 %d\r\n%s\r\n" % (len(large), large), b"\r\n").decode())
        seen.append(digest(ask(connection, b"get large\r\n", b"END\r\n")))
        seen.append(ask(connection, b"set n 0 0 2\r\n41\r\nincr n 1\r\ndelete n\r\nget n\r\n", b"END\r\n").decode())
        seen.append(ask(connection, b"set short 0 1 1\r\nx\r\n", b"STORED\r\n").decode())
        time.sleep(2.5)  # its clock ticks once a second
        seen.append(ask(connection, b"get short\r\n", b"END\r\n").decode())
        for number in range(40):
            ask(connection, b"set filler%d 0 0 400000\r\n%s\r\n" % (number, b"f" * 400000), b"\r\n")
        seen.append(str(b"STAT evictions 0\r\n" in ask(connection, b"stats\r\n", b"END\r\n")))
    return seen


def node(place: Place, linux: Place, shared: Path) -> list[str]:
    """An HTTP server in JavaScript, asked by curl."""
    port = free_port()
    script = (
        "const h = require('crypto').createHash; require('http').createServer((q, r) => { const d = h('sha256'); let n = 0;"
        "q.on('data', (b) => { n += b.length; d.update(b); });"
        f" q.on('end', () => r.end(n + ' ' + d.digest('hex').slice(0, 16))); }}).listen({port}, '127.0.0.1')"
    )
    with serving(place, port, "/usr/bin/node", "-e", script):
        bodies = [b"x" * size for size in (1, 100_000, 3_000_000)]
        answers = [output(linux, "curl", "-sf", "--data-binary", "@-", f"http://127.0.0.1:{port}/", stdin=body) for body in bodies]
        assert [answer.decode() for answer in answers] == [digest(body) for body in bodies]
    return [answer.decode() for answer in answers]


def openssl(place: Place, linux: Place, shared: Path) -> list[str]:
    """s_server in there, s_client outside; each version of TLS, and a certificate that nobody has signed."""
    port = free_port()
    output(linux, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
           "-keyout", shared / "key", "-out", shared / "cert", shared=shared)  # fmt: skip
    (shared / "big").write_bytes(b"q" * 3_000_000)
    server = f"cd {shared} && exec openssl s_server -accept 127.0.0.1:{port} -WWW -quiet -key key -cert cert"
    with serving(place, port, "/bin/sh", "-c", server, shared=shared):
        seen = []
        for version in ("-tls1_2", "-tls1_3"):
            answer = output(linux, "openssl", "s_client", version, "-connect", f"127.0.0.1:{port}", "-CAfile", shared / "cert",
                            "-verify_return_error", "-quiet", "-ign_eof", stdin=b"GET /big HTTP/1.0\r\n\r\n", shared=shared)  # fmt: skip
            head, _, body = answer.partition(b"\r\n\r\n")
            seen += [head.decode(), digest(body)]
        refused = f"openssl s_client -connect 127.0.0.1:{port} -verify_return_error -quiet </dev/null 2>&1 | grep -c 'verify failed'"
        seen.append(output(linux, "sh", "-c", refused).decode())
    return seen


def git(place: Place, linux: Place, shared: Path) -> list[str]:
    """git daemon in there: cloned from, and pushed to, from outside."""
    port = free_port()
    setup = (
        f"cd {shared} && git init -q --bare r.git && git -C r.git config daemon.receivepack true && "
        f"exec git daemon --base-path={shared} --export-all --enable=receive-pack --listen=127.0.0.1 --port={port} --reuseaddr"
    )
    work = (
        "set -e; export HOME=/tmp GIT_AUTHOR_DATE='2024-01-02T03:04:05Z' GIT_COMMITTER_DATE='2024-01-02T03:04:05Z'; cd /tmp\n"
        f"git config --global user.name A; git config --global user.email a@example.org; git clone -q git://127.0.0.1:{port}/r.git w 2>/dev/null\n"
        "cd w; for i in $(seq 300); do seq $i $((i * 9)) >$i; done; git add .; git commit -q -m first; git push -q origin HEAD:main\n"
        f"git clone -q -b main git://127.0.0.1:{port}/r.git /tmp/v; cd /tmp/v; git log --format='%H %s'; git fsck; sha256sum 300"
    )
    with serving(place, port, "/bin/sh", "-c", setup, shared=shared):
        return output(linux, "/bin/bash", "-c", work).decode().splitlines()


SCENARIOS: dict[str, Scenario] = {each.__name__: each for each in (redis, nginx, memcached, node, openssl, git)}


def play(name: str, place: Place, root: Path) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="baryon-test-") as shared:
        os.chmod(shared, 0o755)
        return SCENARIOS[name](place, Chroot(root), Path(shared))


@functools.cache
def on_linux(name: str, root: Path) -> list[str]:
    return play(name, Chroot(root), root)


@pytest.mark.parametrize("name", SCENARIOS)
def test_clients_see_what_they_see_of_the_server_on_linux(name: str, combo_sandbox: Sandbox, debian_root: Path) -> None:
    expected = on_linux(name, debian_root)
    assert expected
    assert play(name, InSandbox(combo_sandbox, debian_root), debian_root) == expected
