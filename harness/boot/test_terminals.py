"""Programs that want a terminal find one in the guest: Python's pty module, script(1), an interactive bash."""

from __future__ import annotations

import os
import pty
import select
import time
from pathlib import Path

import pytest

BASH = Path("/bin/bash")
SCRIPT = Path("/usr/bin/script")
PYTHON = Path("/usr/bin/python3")

# Types lines into an interactive bash on a pseudoterminal of the guest and prints what the screen showed.
DRIVER = r"""
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.environ["PS1"] = "$ "
    os.execv("/bin/bash", ["bash", "--norc", "--noediting", "-i"])
seen = b""
def until(mark):
    global seen
    while mark not in seen:
        seen += os.read(fd, 4096)
    at = seen.index(mark) + len(mark)
    shown, seen = seen[:at], seen[at:]
    return shown
def line(text, mark):
    os.write(fd, text)
    return until(mark)
until(b"$ ")
line(b"tty\n", b"/dev/pts/0\r\n$ ")
line(b"sh -c 'echo up; exec sleep 1000'\n", b"up\r\n")
line(b"\x1a", b"Stopped")
until(b"$ ")
line(b"jobs -r; jobs -s | wc -l\n", b"\r\n1\r\n")
line(b"bg; echo ba''ck\n", b"back")
line(b"kill %1; wait\n", b"Terminated")
until(b"$ ")
line(b"sh -c 'echo up; exec cat'\n", b"up\r\n")
line(b"line\n", b"line\r\nline\r\n")
line(b"\x04", b"$ ")
line(b"sh -c 'echo up; exec sleep 1000'\n", b"up\r\n")
line(b"\x03", b"$ ")
line(b"echo status $?\n", b"status 130\r\n")
os.write(fd, b"exit 7\n")
try:
    while os.read(fd, 4096):
        pass
except OSError:
    pass
print("shell", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def needs(path: Path) -> None:
    assert path.exists(), f"{path} is missing: tools/install-deps.sh --for test"


def test_interactive_bash_has_job_control(sandbox) -> None:
    needs(BASH)
    result = sandbox.run(PYTHON, "-c", DRIVER, timeout=60)
    assert result.status == 0, result.describe()
    assert result.stdout == b"shell 7\n", result.describe()


def test_script_records_a_session(sandbox) -> None:
    needs(SCRIPT)
    result = sandbox.run(SCRIPT, "-qec", "tty; stty size; exit 4", "/dev/null", timeout=30)
    assert result.status == 4, result.describe()
    assert result.stdout == b"/dev/pts/0\r\n0 0\r\n", result.describe()


@pytest.mark.parametrize("command", [b"exec 3</dev/tty && test -t 3 && echo has''one\n", b"cat & wait; jobs -s | wc -l\n"])
def test_a_terminal_of_the_host_controls_the_guests_session(sandbox, command: bytes) -> None:
    """The host has the modes, the guest the process groups: a background reader is stopped."""
    wanted = b"hasone" if b"tty" in command else b"\r\n1\r\n"
    child, master = pty.fork()
    if child == 0:
        words = sandbox.command(BASH, "--norc", "--noediting", "-i", options=["--env", "PS1=$ "])
        os.execv(words[0], words)
    shown = b""
    deadline = time.monotonic() + 30
    os.write(master, command)
    while wanted not in shown and time.monotonic() < deadline:
        if select.select([master], [], [], 0.2)[0]:
            shown += os.read(master, 4096)
    os.write(master, b"exit 0\nexit 0\n")
    try:
        while os.read(master, 4096):
            pass
    except OSError:
        pass
    os.close(master)
    os.waitpid(child, 0)
    assert wanted in shown, shown
