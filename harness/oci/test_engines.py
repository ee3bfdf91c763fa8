"""podman and containerd drive Baryon as they drive runc. Needs both installed: ./test.sh --all.

Every podman test runs with runc as well, with the same words and the same expectations.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lib import process
from lib.bundles import Bundle, wait_for

pytestmark = pytest.mark.heavy

# This machine's root lacks CAP_SYS_RESOURCE: podman must not raise limits.
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")


@dataclass
class Podman:
    runtime: str
    scratch: Path
    image: str

    def __call__(self, *words: str, stdin: bytes | None = None, timeout: float = 90.0) -> process.Result:
        store = ["--root", str(self.scratch / "root"), "--runroot", str(self.scratch / "run"), "--storage-driver", "vfs"]
        command = ["podman", *store, "--cgroup-manager", "cgroupfs", "--runtime", self.runtime, *words]
        return process.run(command, stdin=stdin, timeout=timeout)

    def run(self, *words: str, stdin: bytes | None = None) -> process.Result:
        return self("run", *LIMITS, "--net", "none", *words, stdin=stdin)


@pytest.fixture(params=["baryon", "runc"])
def podman(request: pytest.FixtureRequest, baryon: Path, bundle: Bundle) -> Iterator[Podman]:
    assert shutil.which("podman"), "podman is not installed (tools/install-deps.sh --for all)"
    scratch = Path(f"/tmp/baryon-podman-{uuid.uuid4().hex[:6]}")  # short: sockets are in it
    scratch.mkdir()
    podman = Podman(str(baryon) if request.param == "baryon" else "runc", scratch, "localhost/busybox-test")
    archive = scratch / "image.tar"
    subprocess.run(["tar", "-C", bundle.root, "-cf", archive, "."], check=True)
    imported = podman("import", str(archive), podman.image)
    assert imported.status == 0, imported.describe()
    yield podman
    podman("rm", "-fa")
    subprocess.run(["umount", "-q", scratch / "root" / "vfs"], check=False)
    shutil.rmtree(scratch, ignore_errors=True)


def test_podman_run(podman: Podman) -> None:
    result = podman.run("--rm", podman.image, "echo", "hello")
    assert (result.status, result.text) == (0, "hello\n"), result.describe()
    assert podman.run("--rm", podman.image, "sh", "-c", "exit 3").status == 3
    assert podman.run("--rm", podman.image, "no-such-program").status == 127


def test_podman_pipes(podman: Podman) -> None:
    data = b"piped\n" * 1000
    assert podman.run("--rm", "-i", podman.image, "cat", stdin=data).stdout == data


def test_podman_volumes_and_read_only(podman: Podman) -> None:
    volume = podman.scratch / "volume"
    volume.mkdir()
    (volume / "file").write_text("shared\n")
    assert podman.run("--rm", "-v", f"{volume}:/mnt", podman.image, "cat", "/mnt/file").text == "shared\n"
    assert podman.run("--rm", "-v", f"{volume}:/mnt", podman.image, "touch", "/mnt/new").status == 0
    assert (volume / "new").exists()
    assert podman.run("--rm", "-v", f"{volume}:/mnt:ro", podman.image, "touch", "/mnt/other").status == 1
    assert podman.run("--rm", "--read-only", podman.image, "touch", "/bin/new").status == 1


def test_podman_background(podman: Podman) -> None:
    script = "trap 'echo ended; exit 0' TERM; echo up; while :; do :; done"
    started = podman("run", *LIMITS, "--net", "none", "--memory", "128m", "--cpus", "1", "-d", "--name", "t", podman.image, "sh", "-c", script)
    assert started.status == 0, started.describe()
    wait_for(lambda: podman("logs", "t").text == "up\n", "no output in the log")
    state = json.loads(podman("inspect", "t").text)[0]["State"]
    assert state["Status"] == "running" and state["Pid"] > 0
    assert podman("stop", "-t", "20", "t").status == 0
    state = json.loads(podman("inspect", "t").text)[0]["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    assert podman("logs", "t").text == "up\nended\n"
    assert podman("rm", "t").status == 0


def test_podman_kill_and_force(podman: Podman) -> None:
    started = podman("run", *LIMITS, "--net", "none", "-d", "--name", "t", podman.image, "sh", "-c", "while :; do :; done")
    assert started.status == 0, started.describe()
    pid = json.loads(podman("inspect", "t").text)[0]["State"]["Pid"]
    assert podman("pause", "t").status == 0
    assert podman("unpause", "t").status == 0
    assert podman("kill", "t").status == 0
    wait_for(lambda: json.loads(podman("inspect", "t").text)[0]["State"]["ExitCode"] == 137, "no exit status 137")
    assert podman("start", "t").status == 0
    assert podman("rm", "-f", "t").status == 0
    assert not Path(f"/proc/{pid}").exists()


@pytest.fixture
def containerd(scratch: Path) -> Iterator[list[str]]:
    """A containerd of its own; the words with which to call ctr."""
    assert shutil.which("containerd"), "containerd is not installed (tools/install-deps.sh --for all)"
    place = Path(f"/tmp/baryon-containerd-{uuid.uuid4().hex[:6]}")
    place.mkdir()
    (place / "config.toml").write_text(
        f'version = 2\nroot = "{place}/root"\nstate = "{place}/state"\n'
        f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{place}/c.sock"\n'
    )
    with (place / "log").open("wb") as log:
        daemon = subprocess.Popen(["containerd", "-c", place / "config.toml"], stdout=log, stderr=log)
    try:
        wait_for(lambda: process.run(["ctr", "-a", place / "c.sock", "version"]).status == 0, "containerd does not start")
        yield ["ctr", "-a", str(place / "c.sock")]
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
        shutil.rmtree(place, ignore_errors=True)


def test_containerd(containerd: list[str], baryon: Path, bundle: Bundle, scratch: Path) -> None:
    """With --rootfs: no image store is needed to see that the shim and the runtime agree."""
    name = f"t{os.getpid()}"

    def run(*words: str, options: tuple[str, ...] = ()) -> process.Result:
        return process.run([*containerd, "run", *options, "--runc-binary", str(baryon), "--rootfs", str(bundle.root), name, *words], timeout=60)

    result = run("echo", "hello", options=("--rm",))
    assert (result.status, result.text) == (0, "hello\n"), result.describe()
    assert run("sh", "-c", "exit 5", options=("--rm",)).status == 5
    assert run("sh", "-c", "while :; do :; done", options=("-d",)).status == 0
    tasks = [*containerd, "task"]
    assert "RUNNING" in process.run([*tasks, "ls"]).text
    assert process.run([*tasks, "kill", "-s", "SIGKILL", name]).status == 0
    wait_for(lambda: "STOPPED" in process.run([*tasks, "ls"]).text, "the task does not stop")
    time.sleep(0.1)
    assert process.run([*tasks, "rm", name]).status in (0, 137)
    assert process.run([*containerd, "container", "rm", name]).status == 0
