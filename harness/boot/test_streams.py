"""Standard streams: bytes arrive in order and promptly, a closed reader is noticed, memory stays flat."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from lib import paths
from lib.memory import pss_kib
from lib.sandbox import Sandbox

MIB = 1 << 20


@pytest.mark.fast
def test_sort_reads_a_pipe_and_writes_a_pipe(combo_sandbox: Sandbox) -> None:
    result = combo_sandbox.run(paths.BUSYBOX, "sort", stdin=b"b\na\n")
    assert (result.status, result.stdout) == (0, b"a\nb\n"), result.describe()


@pytest.mark.needs("same-host")
def test_a_line_comes_back_before_the_end_of_input(combo_sandbox: Sandbox) -> None:
    child = combo_sandbox.start(paths.BUSYBOX, "cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdin is not None and child.stdout is not None
        for line in (b"first\n", b"second\n", b"third\n"):
            child.stdin.write(line)
            child.stdin.flush()
            assert child.stdout.readline() == line
        child.stdin.close()
        assert child.wait(timeout=20) == 0
    finally:
        _end(child)


@pytest.mark.needs("same-host")
def test_cat_copies_between_regular_files_as_with_pipes(combo_sandbox: Sandbox, scratch: Path) -> None:
    """cat of coreutils calls copy_file_range when both sides are regular files, and takes few errors for a reason to read."""
    content = random.Random(4).randbytes(300_000)
    (scratch / "file").write_bytes(content)
    with (scratch / "file").open("rb") as stdin:
        result = combo_sandbox.run("/bin/cat", scratch / "file", "-", stdin=stdin)
    assert (result.status, result.stdout) == (0, content * 2), result.errors


@pytest.mark.fast
def test_standard_error_is_separate_from_standard_output(combo_sandbox: Sandbox) -> None:
    result = combo_sandbox.run(paths.BUSYBOX, "sh", "-c", "echo out; echo err >&2")
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n"), result.describe()


@pytest.mark.fast
def test_closed_standard_input_is_end_of_file(combo_sandbox: Sandbox) -> None:
    result = combo_sandbox.run(paths.BUSYBOX, "wc", "-c")
    assert result.stdout.strip() == b"0", result.describe()


@pytest.mark.needs("same-host")
def test_output_can_be_a_file_that_is_appended_to(combo_sandbox: Sandbox, scratch: Path) -> None:
    file = scratch / "log"
    with file.open("wb") as out:
        out.write(b"before\n")
        out.flush()
        combo_sandbox.run(paths.BUSYBOX, "echo", "after", stdout=out)
    assert file.read_bytes() == b"before\nafter\n"


def _read_one_line_and_close(command: list[str], **popen: object) -> tuple[int, bytes]:
    """What `command | head -n 1` does to the command: its status as a shell sees it, and its standard error."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **popen)  # type: ignore[call-overload]
    try:
        assert child.stdout.readline() == b"y\n"
        child.stdout.close()
        errors = child.stderr.read()
        code = child.wait(timeout=20)
    finally:
        _end(child)
    return (128 - code if code < 0 else code), errors


@pytest.mark.needs("same-host")
def test_closing_the_reader_kills_the_writer_with_sigpipe(combo_sandbox: Sandbox) -> None:
    native = _read_one_line_and_close([str(paths.BUSYBOX), "yes"])
    assert native[0] == 128 + signal.SIGPIPE
    assert _read_one_line_and_close(combo_sandbox.command(paths.BUSYBOX, "yes")) == native


@pytest.mark.needs("same-host")
def test_a_writer_that_ignores_sigpipe_sees_epipe(combo_sandbox: Sandbox) -> None:
    script = "trap '' PIPE; while echo y 2>/dev/null; do :; done; echo y; exit 7"
    native = _read_one_line_and_close([str(paths.BUSYBOX), "sh", "-c", script])
    assert native[0] == 7 and b"Broken pipe" in native[1]
    assert _read_one_line_and_close(combo_sandbox.command(paths.BUSYBOX, "sh", "-c", script)) == native


@pytest.mark.slow
def test_a_gibibyte_streams_through_cat_intact_and_memory_stays_flat(sandbox: Sandbox) -> None:
    total = 1024 * MIB
    child = sandbox.start(paths.BUSYBOX, "cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sent = hashlib.sha256()
    received = hashlib.sha256()
    samples: list[tuple[int, int]] = []  # bytes received so far, PSS in KiB
    try:
        assert child.stdin is not None and child.stdout is not None
        writer = threading.Thread(target=_write_stream, args=(child.stdin.fileno(), total, sent))
        writer.start()
        count = 0
        next_sample = 32 * MIB
        while chunk := os.read(child.stdout.fileno(), MIB):
            received.update(chunk)
            count += len(chunk)
            if count >= next_sample:
                samples.append((count, pss_kib(child.pid)))
                next_sample += 32 * MIB
            if count == total:
                child.stdin.close()
        writer.join()
        assert child.wait(timeout=20) == 0
    finally:
        _end(child)
    assert count == total
    assert received.digest() == sent.digest()
    early = max(pss for at, pss in samples if at <= 128 * MIB)
    late = max(pss for at, pss in samples if at > 128 * MIB)
    assert late - early <= 8 * 1024, f"memory grew from {early} to {late} KiB: {samples}"


def _write_stream(descriptor: int, total: int, digest: hashlib._Hash) -> None:
    """Pseudo-random bytes, no two blocks alike, in pieces of changing and odd sizes."""
    generator = random.Random(1)
    block = bytearray(generator.randbytes(MIB))
    left = total
    while left:
        block[:8] = left.to_bytes(8, "little")
        size = min(left, generator.randint(1, MIB))
        piece = memoryview(block)[:size]
        digest.update(piece)
        while piece:
            piece = piece[os.write(descriptor, piece) :]
        left -= size


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None and not stream.closed:
            stream.close()
