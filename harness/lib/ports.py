"""Ports for servers that a test starts."""

from __future__ import annotations

import contextlib
import socket


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody takes connections there now."""
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection((host, port), 30):
        return True
    return False
