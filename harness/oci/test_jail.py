"""The jail of a sandbox's process, from outside and from within.

From within: a binary with probes tries what a process that the guest has taken over would try, on each of its threads.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lib import paths, process
from lib.bundles import Bundle, Runtime, wait_for
from lib.sandbox import Sandbox

pytestmark = pytest.mark.needs("jail")

PROBER = paths.BUILD / "release" / "baryon-prober"
ROLES = {"process", "vcpu", "qcall", "ticker"}
# CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID: capability(7)
FILE_CAPABILITIES = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4


def probes(command: list[str]) -> dict[tuple[str, str], str]:
    """(role, probe) -> outcome."""
    result = process.run(command, env={**os.environ, "BARYON_JAIL_PROBES": "all"}, timeout=60)
    assert result.status == 0, result.describe()
    lines = [line.split() for line in result.errors.splitlines() if line.startswith("jail-probe: ")]
    return {(role, name): " ".join(outcome) for _, role, name, *outcome in lines}


def test_a_compromised_process_gets_nowhere(bundle: Bundle, runtime: Runtime) -> None:
    runtime.command = [str(PROBER)]
    outcomes = probes(runtime.words("run", "--bundle", bundle.directory, runtime.new_id()))
    assert {role for role, _ in outcomes} == ROLES
    names = {name for _, name in outcomes}
    assert {"open-absolute", "open-climbing", "ptrace", "socket-unix", "mount", "load-module", "kill-process-1", "exec"} <= names
    assert len(outcomes) == len(names) * len(ROLES)
    assert {key for key, outcome in outcomes.items() if not outcome.startswith("refused")} == set()


def test_the_probes_would_notice() -> None:
    """Where the guest's root is the host's, climbing does find the host's file."""
    outcomes = probes([str(PROBER), "boot", "--jail", "on", "--root", "/", str(paths.BUSYBOX), "true"])
    assert outcomes["qcall", "open-climbing"] == "ALLOWED"
    assert outcomes["qcall", "open-sysctl"].startswith("refused")


@contextmanager
def sleeping(sandbox: Sandbox, *options: str) -> Iterator[int]:
    child = sandbox.start(paths.BUSYBOX, "sh", "-c", "echo up; read line", options=options,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline() == b"up\n"
        yield child.pid
    finally:
        child.kill()
        child.wait()


def status_of(pid: int, task: str | None = None) -> dict[str, str]:
    path = Path(f"/proc/{pid}/task/{task}/status" if task else f"/proc/{pid}/status")
    return dict(line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line)


def test_what_the_host_sees_of_the_jail(sandbox: Sandbox) -> None:
    with sleeping(sandbox, "--jail", "on") as pid:
        tasks = os.listdir(f"/proc/{pid}/task")
        # the process's filter and the thread's own, which a thread that was just started may not have yet
        wait_for(lambda: all(status_of(pid, task)["Seccomp_filters"] == "2" for task in tasks), "a thread has one filter")
        for task in tasks:
            status = status_of(pid, task)
            assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), status
            assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == FILE_CAPABILITIES
        for kind in ("user", "mnt", "ipc", "uts"):
            assert os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}"), kind
        assert os.listdir(f"/proc/{pid}/root") == []
        assert len(Path(f"/proc/{pid}/mountinfo").read_text().splitlines()) == 1
        assert Path(f"/proc/{pid}/uid_map").read_text().split() == ["0", "0", "4294967295"]


def test_the_jail_can_be_off(sandbox: Sandbox) -> None:
    with sleeping(sandbox, "--jail", "off") as pid:
        status = status_of(pid)
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("0", "0")
        assert os.readlink(f"/proc/{pid}/ns/user") == os.readlink("/proc/self/ns/user")


def test_a_container_is_jailed_and_alone_in_its_pid_namespace(runtime: Runtime, bundle: Bundle) -> None:
    name, _ = runtime.create(bundle)
    pid = runtime.pid(name)
    assert status_of(pid)["Seccomp"] == "2"
    assert status_of(pid)["NSpid"].split()[-1] == "1"
    for kind in ("user", "mnt", "ipc", "uts", "pid", "net"):
        assert os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}"), kind
    assert os.listdir(f"/proc/{pid}/root") == []


@pytest.mark.parametrize("mode", ["on", "off"])
def test_files_of_several_owners_are_served(mode: str, sandbox: Sandbox, scratch: Path) -> None:
    """What root can do with an image's files does not depend on the jail."""
    private = scratch / "private"
    private.mkdir(mode=0o700)
    (private / "file").write_text("mine\n")
    os.chown(private / "file", 1234, 1234)
    os.chmod(private / "file", 0o600)
    os.chown(private, 1234, 1234)
    options = ["--jail", mode, "--bind", f"{scratch}:/mnt:rw"]
    assert sandbox.run(paths.BUSYBOX, "cat", "/mnt/private/file", options=options).text == "mine\n"
    assert sandbox.run(paths.BUSYBOX, "stat", "-c", "%u:%g %a", "/mnt/private/file", options=options).text == "1234:1234 600\n"
    assert sandbox.run(paths.BUSYBOX, "chown", "77:88", "/mnt/private/file", options=options).status == 0
    assert sandbox.run(paths.BUSYBOX, "chmod", "4755", "/mnt/private/file", options=options).status == 0
    status = (private / "file").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (77, 88, 0o4755)


def test_a_read_only_bind_is_read_only_to_the_process(sandbox: Sandbox, scratch: Path) -> None:
    (scratch / "file").write_text("x")
    with sleeping(sandbox, "--bind", f"{scratch}:/mnt:ro") as pid:
        flags = []
        for number in os.listdir(f"/proc/{pid}/fd"):
            try:
                held = os.stat(f"/proc/{pid}/fd/{number}")
            except OSError:
                continue
            if (held.st_dev, held.st_ino) == (scratch.stat().st_dev, scratch.stat().st_ino):
                # by way of the process's own descriptor: its mount is the one that matters
                result = subprocess.run(["touch", f"/proc/{pid}/fd/{number}/new"], capture_output=True, text=True)
                flags.append((result.returncode, "Read-only file system" in result.stderr))
        assert flags and all(flag == (1, True) for flag in flags), flags
    assert not (scratch / "new").exists()


def powerless(*command: str) -> list[str]:
    """User 0, who may open /dev/kvm, without a capability."""
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]


def test_without_privilege_system_calls_are_restricted(sandbox: Sandbox) -> None:
    refused = process.run(powerless(*sandbox.command(paths.BUSYBOX, "true", options=["--jail", "on"])))
    assert refused.status == 125 and "only root" in refused.errors, refused.describe()
    child = subprocess.Popen(powerless(*sandbox.command(paths.BUSYBOX, "sh", "-c", "echo up; read line")),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline() == b"up\n"
        status = status_of(child.pid)
        assert (status["NoNewPrivs"], status["Seccomp"], int(status["CapEff"], 16)) == ("1", "2", 0)
    finally:
        child.kill()
        child.wait()
