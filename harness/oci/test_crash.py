"""kill -9 at every step of a container's life: the next command finds its way, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from lib.bundles import CGROUPS, Bundle, Runtime, wait_for

# What a hook runs to kill the command that makes the container; for createContainer hooks, that is the sandbox.
KILL_PARENT = "kill -9 $PPID; sleep 1"


def in_groups(name: str) -> list[Path]:
    return list(CGROUPS.glob(f"*/**/{name}"))


@pytest.mark.parametrize("point", ["prestart", "createRuntime"])
@pytest.mark.parametrize("next_command", ["state", "list", "delete", "start", "kill"])
def test_creator_killed_in_a_hook(point: str, next_command: str, runtime: Runtime, bundle: Bundle) -> None:
    bundle.hook(point, KILL_PARENT)
    name, command = runtime.create(bundle)
    assert command.returncode == -signal.SIGKILL
    result = runtime(next_command, *([] if next_command == "list" else [name]))
    if next_command == "list":
        assert name not in result.text
    else:
        assert result.status == 1 and "does not exist" in result.errors, result.describe()
    assert not in_groups(name)
    runtime.assert_clean()


def test_the_name_of_a_dead_creators_container_is_free(runtime: Runtime, bundle: Bundle) -> None:
    bundle.hook("createRuntime", KILL_PARENT)
    name, _ = runtime.create(bundle)
    bundle.config["hooks"] = {}
    _, command = runtime.create(bundle, id=name)
    assert command.returncode == 0
    assert runtime.status(name) == "created"


def test_sandbox_killed_while_it_is_prepared(runtime: Runtime, bundle: Bundle) -> None:
    bundle.hook("createContainer", "exit 1")
    name, command = runtime.create(bundle)
    assert command.returncode == 1
    assert command.stderr is not None and b"createContainer[0]" in command.stderr.read()
    runtime.assert_clean()


@pytest.mark.parametrize("started", [False, True])
def test_sandbox_killed_later(started: bool, runtime: Runtime, bundle: Bundle) -> None:
    bundle.config["process"]["args"] = ["sleep", "1000"]
    name, _ = runtime.create(bundle)
    if started:
        assert runtime("start", name).status == 0
    os.kill(runtime.pid(name), signal.SIGKILL)
    runtime.wait_until(name, "stopped")
    assert runtime("start", name).status == 1
    assert runtime("kill", name).status == 1
    assert runtime("delete", name).status == 0
    runtime.assert_clean()


def test_foreground_command_killed(runtime: Runtime, bundle: Bundle) -> None:
    """The container goes on without it, and can be deleted."""
    bundle.config["process"]["args"] = ["sh", "-c", "echo up; while :; do :; done"]
    bundle.write()
    name = runtime.new_id()
    command = runtime.words("run", "--bundle", bundle.directory, name)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"up\n"
    child.kill()
    child.wait()
    assert runtime.status(name) == "running"
    assert runtime("delete", "--force", name).status == 0
    runtime.assert_clean()


def test_start_killed_before_its_hook_ends(runtime: Runtime, bundle: Bundle) -> None:
    bundle.config["process"]["args"] = ["sleep", "1000"]
    bundle.hook("poststart", KILL_PARENT)
    name, _ = runtime.create(bundle)
    assert runtime("start", name).status == 128 + signal.SIGKILL
    assert runtime.status(name) == "running"
    assert runtime("delete", "-f", name).status == 0
    runtime.assert_clean()


def test_delete_killed_in_its_hook(runtime: Runtime, bundle: Bundle) -> None:
    bundle.hook("poststop", KILL_PARENT)
    name, _ = runtime.create(bundle)
    assert runtime("delete", name).status == 128 + signal.SIGKILL
    assert runtime.status(name) is None
    runtime.assert_clean()


def test_killed_at_any_moment(runtime: Runtime, bundle: Bundle) -> None:
    """SIGKILL after growing delays, wherever in `create` that is."""
    for step in range(30):
        name = runtime.new_id()
        child = subprocess.Popen(
            runtime.words("create", "--bundle", bundle.directory, name),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            child.wait(timeout=0.001 * step)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        wait_for(lambda: runtime.status(name) in (None, "created", "stopped"), f"{name} is {runtime.status(name)}")
        assert runtime("delete", "--force", name).status == 0
        # What was killed before it had a name lies in a hidden directory; the next creation removes it.
    bundle.config["process"]["args"] = ["true"]
    bundle.write()
    assert runtime("run", "--bundle", bundle.directory, runtime.new_id()).status == 0
    runtime.assert_clean()


def test_commands_at_the_same_time(runtime: Runtime, bundle: Bundle) -> None:
    """One of many creators of a name wins; one of many deleters does, and the others say that there is nothing."""
    name = runtime.new_id()
    bundle.write()

    def together(*words: str | Path) -> list[int]:
        command = runtime.words(*words)
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        children = [subprocess.Popen(command, **streams) for _ in range(6)]
        return [child.wait(timeout=60) for child in children]

    assert sorted(together("create", "--bundle", bundle.directory, name)) == [0, 1, 1, 1, 1, 1]
    assert sorted(together("start", name)) == [0, 1, 1, 1, 1, 1]
    runtime.wait_until(name, "stopped")
    assert sorted(together("delete", name)) == [0, 1, 1, 1, 1, 1]
    runtime.assert_clean()
