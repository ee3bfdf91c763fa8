"""Pseudoterminals: one that a test makes and talks through, and one that a runtime makes and sends to a console socket."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType


class Terminal:
    """The master's side. What was read stays in `seen`; wait_for() looks at what came since the last success."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.seen = b""
        self.at = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self.master >= 0:
            os.close(self.master)
        self.master = -1

    def send(self, text: str) -> None:
        os.write(self.master, text.encode())

    def _readable(self, seconds: float) -> bool:
        """Something has come, or the other side was closed."""
        return bool(select.select([self.master], [], [], seconds)[0])

    def read_some(self, seconds: float) -> bool:
        """False: nothing came, or nobody has the other side any more."""
        if not self._readable(seconds):
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: the last slave was closed
            return False
        self.seen += data
        return bool(data)

    def wait_for(self, text: str, seconds: float = 30.0) -> str:
        """Reads on until `text` comes; what was seen up to its end."""
        deadline = time.monotonic() + seconds
        while (found := self.seen.find(text.encode(), self.at)) < 0:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen[self.at:]!r}"
            if not self.read_some(0.2):
                time.sleep(0.02)
        start, self.at = self.at, found + len(text.encode())
        return self.seen[start : self.at].decode(errors="replace")

    def drain(self, seconds: float = 30.0) -> str:
        """Everything up to the end, when the other side has been closed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._readable(0.2) and not self.read_some(0):
                break
        start, self.at = self.at, len(self.seen)
        return self.seen[start:].decode(errors="replace")

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def size(self) -> tuple[int, int]:
        rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(self.master, termios.TIOCGWINSZ, bytes(8)))
        return rows, columns


class OwnTerminal(Terminal):
    """A command in a session of its own, whose controlling terminal is a new pseudoterminal: as from a terminal window."""

    def __init__(self, command: Sequence[str | Path], rows: int = 24, columns: int = 80) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        words = [str(word) for word in command]
        # setsid(1): start_new_session alone would not make it the controlling terminal
        self.process = subprocess.Popen(["setsid", "--ctty", "--wait", *words], stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        super().__init__(master)

    def status(self, seconds: float = 30.0) -> int:
        """Reads to the end, so that the command can end, and waits for it."""
        self.drain(seconds)
        return self.process.wait(timeout=seconds)

    def close(self) -> None:
        super().close()
        if self.process.poll() is None:
            try:
                self.process.wait(timeout=10)  # the hang-up should end it
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class ConsoleSocket:
    """Where a runtime sends the master of a container's terminal: containerd's and conmon's side of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(str(path))
        self.socket.listen(1)
        self.socket.settimeout(30)

    def receive(self) -> Terminal:
        connection, _ = self.socket.accept()
        with connection:
            name, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
        assert name and len(descriptors) == 1, (name, descriptors)
        return Terminal(descriptors[0])

    def close(self) -> None:
        self.socket.close()
        self.path.unlink()
