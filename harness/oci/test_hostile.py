"""Bundles that are wrong or mean harm: a message that names the field, status 1, and nothing left behind."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lib import process
from lib.bundles import Bundle, Runtime


def refusal(runtime: Runtime, bundle: Bundle, *options: str) -> str:
    result = runtime("create", "--bundle", bundle.directory, *options, runtime.new_id())
    assert result.status == 1, result.describe()
    assert result.errors.startswith("baryon: error: ") and result.errors.count("\n") == 1, result.describe()
    runtime.assert_clean()
    return result.errors


TEXTS = {
    "empty": b"",
    "no JSON": b"hello",
    "cut": b'{"ociVersion": "1.0.2", ',
    "a number": b"1",
    "deep": b"[" * 200_000,
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "bad UTF-8": b'{"ociVersion": "\xff\xfe"}',
    "huge": b'"' + b"x" * (5 << 20) + b'"',
    "duplicate keys": b'{"ociVersion": "1.0.2", "ociVersion": "2"}',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_configuration(text: bytes, runtime: Runtime, bundle: Bundle) -> None:
    (bundle.directory / "config.json").write_bytes(text)
    assert "config.json" in refusal(runtime, bundle)


def test_a_configuration_that_is_no_file(runtime: Runtime, bundle: Bundle) -> None:
    config = bundle.directory / "config.json"
    config.unlink()
    assert "config.json" in refusal(runtime, bundle)
    os.mkfifo(config)
    assert "not a regular file" in refusal(runtime, bundle)
    config.unlink()
    config.mkdir()
    assert "not a regular file" in refusal(runtime, bundle)


FIELDS: dict[str, tuple[list[str], Any, str]] = {
    "no program": (["process", "args"], [], "process has no 'args'"),
    "program is a number": (["process", "args"], [1], "process.args[0] is not a string"),
    "relative cwd": (["process", "cwd"], "tmp", "'cwd'"),
    "cwd leaves": (["process", "cwd"], "/../..", "process.cwd"),
    "negative uid": (["process", "user", "uid"], -5, "process.user.uid is out of range"),
    "unknown capability": (["process", "capabilities"], {"bounding": ["CAP_FLY"]}, "process.capabilities.bounding"),
    "unknown limit": (["process", "rlimits"], [{"type": "RLIMIT_X", "soft": 1, "hard": 1}], "RLIMIT_X"),
    "too many groups": (["process", "user", "additionalGids"], list(range(33)), "additionalGids"),
    "unknown seccomp action": (["linux", "seccomp"], {"defaultAction": "SCMP_ACT_FLY"}, "linux.seccomp has the unknown action"),
    "seccomp asks the host": (["linux", "seccomp"], {"defaultAction": "SCMP_ACT_NOTIFY"}, "SCMP_ACT_NOTIFY"),
    "seccomp argument": (["linux", "seccomp"], {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_TRAP", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}]}, "linux.seccomp.syscalls[0].args[0].index"),
    "root missing": (["root", "path"], "no-such", "root.path"),
    "root is a file": (["root", "path"], "config.json", "not a directory"),
    "unknown file system": (["mounts"], [{"destination": "/x", "type": "ext4", "source": "/dev/sda"}], "mounts[0] at /x"),
    "a device": (["mounts"], [{"destination": "/x", "type": "bind", "source": "/dev/null"}], "mounts[0] at /x"),
    "missing source": (["mounts"], [{"destination": "/x", "type": "bind", "source": "/no/such"}], "/no/such"),
    "mount over root": (["mounts"], [{"destination": "/", "type": "tmpfs"}], "mounts[0]"),
    "mount leaves": (["mounts"], [{"destination": "/a/../../b", "type": "tmpfs"}], "mounts[0]"),
    "too many mounts": (["mounts"], [{"destination": f"/m{n}", "type": "tmpfs"} for n in range(100)], "mounts"),
    "cgroup leaves": (["linux", "cgroupsPath"], "/../../x", "linux.cgroupsPath"),
    "cgroup root": (["linux", "cgroupsPath"], "/", "linux.cgroupsPath"),
    "systemd's cgroup": (["linux", "cgroupsPath"], "system.slice:runc:x", "systemd"),
    "network is no namespace": (["linux", "namespaces"], [{"type": "network", "path": "/etc/passwd"}], "/etc/passwd"),
    "unified leaves": (["linux", "resources"], {"unified": {"../../x.y": "1"}}, "linux.resources.unified"),
    "impossible processors": (["linux", "resources"], {"cpu": {"cpus": "4096"}}, "cpuset.cpus"),
    "unknown annotation": (["annotations"], {"dev.baryon.strace": "/etc/x"}, "dev.baryon.strace"),
    "impossible engine": (["annotations"], {"dev.baryon.engine": "warp"}, "dev.baryon.engine"),
    "hook without path": (["hooks"], {"prestart": [{"path": "sh"}]}, "hooks.prestart[0]"),
    "hook in the guest": (["hooks"], {"startContainer": [{"path": "/bin/sh"}]}, "hooks.startContainer"),
    "hook missing": (["hooks"], {"createRuntime": [{"path": "/no/such"}]}, "createRuntime[0] /no/such"),
    "terminal for nobody": (["process", "terminal"], True, "process.terminal"),
    "long hostname": (["hostname"], "x" * 64, "hostname"),
}


@pytest.mark.parametrize(("path", "value", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_a_field_that_cannot_be(path: list[str], value: Any, expected: str, runtime: Runtime, bundle: Bundle) -> None:
    target = bundle.config
    for name in path[:-1]:
        target = target.setdefault(name, {})
    target[path[-1]] = value
    bundle.write()
    assert expected in refusal(runtime, bundle)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a b", "x" * 300, "ä"])
def test_ids_that_are_no_names(name: str, runtime: Runtime, bundle: Bundle) -> None:
    result = runtime("create", "--bundle", bundle.directory, "--", name)
    assert result.status == 1, result.describe()
    runtime.assert_clean()


def test_what_has_no_effect_is_named(runtime: Runtime, bundle: Bundle) -> None:
    bundle.config["linux"]["sysctl"] = {"kernel.msgmax": "5000", "net.ipv4.ping_group_range": "0 0"}
    bundle.config["process"]["apparmorProfile"] = "x"
    bundle.write()
    result = runtime("run", "--bundle", bundle.directory, runtime.new_id())
    assert result.status == 0 and "sysctl kernel.msgmax" in result.errors and "apparmorProfile" in result.errors
    assert "ping_group_range" not in result.errors  # set in the container's network namespace


def test_control_characters_do_not_reach_the_terminal(runtime: Runtime, bundle: Bundle) -> None:
    bundle.config["mounts"] = [{"destination": "/\x1b[2J", "type": "\x1b]0;x\x07"}]
    bundle.write()
    assert "\x1b" not in refusal(runtime, bundle)


def test_links_in_the_root_stay_in_the_root(runtime: Runtime, bundle: Bundle) -> None:
    secret = Path("/etc/passwd").read_text()
    for link, target in (("absolute", "/etc/passwd"), ("up", "../../../../../../../../etc/passwd"), ("magic", "/proc/self/root/etc/passwd")):
        (bundle.root / link).symlink_to(target)
        bundle.config["process"]["args"] = ["cat", f"/{link}"]
        bundle.write()
        result = runtime("run", "--bundle", bundle.directory, runtime.new_id())
        assert result.status == 1 and secret not in result.text, result.describe()


def test_refused_global_options(runtime: Runtime) -> None:
    result = process.run([*runtime.words(), "--systemd-cgroup", "list"])
    assert result.status == 1 and "cgroupfs" in result.errors
    assert process.run([*runtime.words(), "--log-format", "xml", "list"]).status == 1
    assert process.run([*runtime.words(), "--roto", "/x", "list"]).status == 1


def test_a_state_file_that_was_tampered_with(runtime: Runtime, bundle: Bundle) -> None:
    name, _ = runtime.create(bundle)
    file = runtime.state / name / "state.json"
    state = json.loads(file.read_text())
    pid = state["pid"]
    # Another process's number must not be taken for the container.
    state["pid"] = os.getpid()
    file.write_text(json.dumps(state))
    assert runtime.status(name) == "stopped"
    assert runtime("kill", name, "9").status == 1
    state["pid"] = pid
    file.write_text(json.dumps(state))
    assert runtime("delete", "--force", name).status == 0
