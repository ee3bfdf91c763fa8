"""podman and containerd drive Baryon as they drive runc. Needs both installed: ./test.sh --all.

What they show must be the same with runc.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib import process
from lib.bundles import Bundle, wait_for
from lib.podman import podman_with
from lib.podman_session import play

pytestmark = pytest.mark.heavy

def test_a_session_with_podman(baryon: Path) -> None:
    """The same script, the same output with Baryon and with runc."""
    transcripts = []
    for runtime in ("runc", str(baryon)):
        with podman_with(runtime) as podman:
            transcripts.append(play(podman))
    assert transcripts[1] == transcripts[0]


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
