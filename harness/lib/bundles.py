"""OCI bundles and runtimes that take them: Baryon and, beside it, runc."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib import paths, process

CGROUPS = Path("/sys/fs/cgroup")
APPLETS = ("sh", "true", "false", "cat", "echo", "sleep", "env", "hostname", "pwd", "ls", "stat", "id", "touch", "head",
           "grep", "mkdir", "kill", "stty", "seq", "wc", "tty", "ps", "rm", "dd")

TEMPLATE: dict[str, Any] = {
    "ociVersion": "1.0.2",
    "process": {
        "terminal": False,
        "user": {"uid": 0, "gid": 0},
        "args": ["true"],
        "env": ["PATH=/bin", "LANG=C"],
        "cwd": "/",
    },
    "root": {"path": "rootfs", "readonly": True},
    "hostname": "box",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
    ],
    "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]},
}


class Bundle:
    """A directory with config.json and a busybox root; `config` is written when a runtime is about to read it."""

    def __init__(self, directory: Path, *args: str) -> None:
        self.directory = directory
        self.root = directory / "rootfs"
        (self.root / "bin").mkdir(parents=True)
        for name in ("proc", "dev", "sys", "tmp", "etc"):
            (self.root / name).mkdir()
        shutil.copy(paths.BUSYBOX, self.root / "bin" / "busybox")
        for applet in APPLETS:
            (self.root / "bin" / applet).symlink_to("busybox")
        self.config = copy.deepcopy(TEMPLATE)
        if args:
            self.config["process"]["args"] = list(args)
        self.write()

    def write(self) -> None:
        (self.directory / "config.json").write_text(json.dumps(self.config))

    def hook(self, point: str, script: str) -> None:
        """Runs `script` with sh(1) at that point; the state is on its stdin."""
        hooks = self.config.setdefault("hooks", {})
        environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        hooks.setdefault(point, []).append({"path": "/bin/sh", "args": ["sh", "-c", script], "env": environment})
        self.write()


@dataclass
class Runtime:
    """One runtime with a state directory of its own, so that tests do not see each other's containers."""

    name: str
    command: list[str]
    state: Path
    used: list[str] = field(default_factory=list)

    def new_id(self) -> str:
        self.used.append(f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}")
        return self.used[-1]

    def words(self, *arguments: str | Path) -> list[str]:
        return [*self.command, "--root", str(self.state), *(str(argument) for argument in arguments)]

    def __call__(self, *arguments: str | Path, timeout: float = 60.0, stdin: bytes | None = None) -> process.Result:
        return process.run(self.words(*arguments), timeout=timeout, stdin=stdin)

    def create(self, bundle: Bundle, *options: str | Path, id: str | None = None) -> tuple[str, subprocess.Popen[bytes]]:
        """`create` with pipes for the container's streams; returns the id and the finished command."""
        name = id or self.new_id()
        bundle.write()
        command = subprocess.Popen(
            self.words("create", "--bundle", bundle.directory, *options, name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        command.wait(timeout=60)
        return name, command

    def status(self, name: str) -> str | None:
        """None: it does not exist."""
        result = self("state", name)
        return json.loads(result.text)["status"] if result.status == 0 else None

    def pid(self, name: str) -> int:
        return int(json.loads(self("state", name).text)["pid"])

    def wait_until(self, name: str, status: str | None, seconds: float = 20.0) -> None:
        wait_for(lambda: self.status(name) == status, f"{name} is {self.status(name)}, not {status}", seconds)

    def leftovers(self) -> list[str]:
        """What containers of this object have left: state, control groups, processes."""
        left = [str(path) for path in self.state.glob("[!.]*")] + [str(path) for path in self.state.glob(".work/*")]
        for name in self.used:
            left += [str(path) for path in CGROUPS.glob(f"*/**/{name}")]
        marks = [str(self.state).encode()]
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = entry.read_bytes()
            except OSError:
                continue
            if line and any(mark in line for mark in marks):
                left.append(f"process {entry.parent.name}: {line!r}")
        return left

    def assert_clean(self) -> None:
        try:
            wait_for(lambda: not self.leftovers(), "", 5)
        except AssertionError:
            raise AssertionError(f"left behind: {self.leftovers()}") from None

    def destroy_all(self) -> None:
        for name in self.used:
            self("delete", "--force", name)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
