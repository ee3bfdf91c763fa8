"""The life of a container, command by command. Every test runs with runc as well: same outputs, same statuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

from lib import process
from lib.bundles import Bundle, Runtime, wait_for


def run(runtime: Runtime, bundle: Bundle, *args: str, stdin: bytes | None = None) -> process.Result:
    if args:
        bundle.config["process"]["args"] = list(args)
    bundle.write()
    return runtime("run", "--bundle", bundle.directory, runtime.new_id(), stdin=stdin)


def test_run_passes_output_and_status_on(either: Runtime, bundle: Bundle) -> None:
    result = run(either, bundle, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (result.status, result.text, result.errors) == (7, "out\n", "err\n"), result.describe()
    either.assert_clean()


def test_run_is_part_of_a_pipe(either: Runtime, bundle: Bundle) -> None:
    data = b"line\n" * 20000
    result = run(either, bundle, "cat", stdin=data)
    assert (result.status, result.stdout) == (0, data)


def test_the_program_gets_what_the_bundle_says(either: Runtime, bundle: Bundle) -> None:
    bundle.config["process"]["env"] = ["PATH=/bin", "A=1", "B=two words"]
    lines = run(either, bundle, "env").text.split("\n")
    assert {"A=1", "B=two words", "PATH=/bin"} <= set(lines)
    assert [line for line in lines if line.startswith("A=")] == ["A=1"]
    bundle.config["process"]["cwd"] = "/tmp"
    assert run(either, bundle, "pwd").text == "/tmp\n"
    assert run(either, bundle, "hostname").text == "box\n"


def test_the_program_is_who_the_bundle_says(either: Runtime, bundle: Bundle) -> None:
    bundle.config["process"]["user"] = {"uid": 1000, "gid": 100, "additionalGids": [7, 8], "umask": 0o27}
    assert run(either, bundle, "id").text.split() == ["uid=1000", "gid=100", "groups=7,8"]
    assert run(either, bundle, "sh", "-c", "umask").text == "0027\n"
    (bundle.root / "etc" / "secret").write_text("x")
    (bundle.root / "etc" / "secret").chmod(0o600)
    assert run(either, bundle, "cat", "/etc/secret").status == 1


def test_limits_and_capabilities_are_the_bundles(either: Runtime, bundle: Bundle) -> None:
    bundle.config["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}]
    assert run(either, bundle, "sh", "-c", "ulimit -n; ulimit -Hn").text == "100\n200\n"
    names = ["CAP_CHOWN", "CAP_KILL"]
    bundle.config["process"]["capabilities"] = {"bounding": names, "effective": names[:1], "permitted": names}
    lines = run(either, bundle, "cat", "/proc/self/status").text.splitlines()
    sets = {line.split()[0]: int(line.split()[1], 16) for line in lines if line.startswith("Cap")}
    # execve(2) gives root what the bounding set leaves
    assert (sets["CapPrm:"], sets["CapEff:"], sets["CapBnd:"]) == (0x21, 0x21, 0x21)
    bundle.config["process"]["user"] = {"uid": 1000, "gid": 1000}
    lines = run(either, bundle, "cat", "/proc/self/status").text.splitlines()
    sets = {line.split()[0]: int(line.split()[1], 16) for line in lines if line.startswith("Cap")}
    assert (sets["CapPrm:"], sets["CapEff:"], sets["CapBnd:"]) == (0, 0, 0x21)


def test_no_new_privileges_is_set(either: Runtime, bundle: Bundle) -> None:
    for refused in (True, False):
        bundle.config["process"]["noNewPrivileges"] = refused
        result = run(either, bundle, "grep", "NoNewPrivs", "/proc/self/status")
        assert result.text.split() == ["NoNewPrivs:", str(int(refused))], result.describe()


def test_the_seccomp_profile_holds(either: Runtime, bundle: Bundle) -> None:
    """Refused, killed, judged by an argument; a call that is newer than the profile looks as if there was no such call."""
    allow = {"defaultAction": "SCMP_ACT_ALLOW"}

    def with_rules(*rules: dict[str, object], **profile: object) -> None:
        bundle.config["linux"]["seccomp"] = {**allow, **profile, "syscalls": list(rules)}

    with_rules({"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13})
    result = run(either, bundle, "mkdir", "/tmp/x")
    assert result.status == 1 and "Permission denied" in result.errors, result.describe()
    with_rules({"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"})
    assert run(either, bundle, "sh", "-c", "mkdir /tmp/x; echo $?").text == "159\n"  # 128 + SIGSYS
    # kill(pid, SIGUSR1) alone
    argument = {"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}
    with_rules({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [argument]})
    result = run(either, bundle, "sh", "-c", "trap 'echo two' USR2; kill -USR2 $$; kill -USR1 $$; echo $?")
    assert result.text == "two\n1\n", result.describe()
    with_rules({"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"})
    bundle.write()
    if either.name == "baryon":
        assert "SCMP_ACT_NOTIFY" in either("run", "--bundle", bundle.directory, either.new_id()).errors


def test_the_seccomp_profile_of_container_engines(either: Runtime, bundle: Bundle) -> None:
    """An allow-list: everything an ordinary program needs, and nothing else."""
    names = (Path(__file__).parent / "seccomp_names.txt").read_text().split()
    rules = [{"names": names, "action": "SCMP_ACT_ALLOW"}]
    bundle.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "syscalls": rules}
    assert run(either, bundle, "sh", "-c", "ls / | head -n 1; cat /etc/hostname || echo none").text == "bin\nnone\n"
    assert "Operation not permitted" in run(either, bundle, "sh", "-c", "hostname other").errors


def test_scripts_are_programs(either: Runtime, bundle: Bundle) -> None:
    script = bundle.root / "bin" / "entry"
    script.write_text("#!/bin/sh -e\necho \"$0\" \"$@\"\n")
    script.chmod(0o755)
    assert run(either, bundle, "entry", "a", "b c").text == "/bin/entry a b c\n"


def test_the_root_is_the_bundles(either: Runtime, bundle: Bundle) -> None:
    (bundle.root / "etc" / "motd").write_text("hello\n")
    assert run(either, bundle, "cat", "/etc/motd").text == "hello\n"
    assert run(either, bundle, "cat", "/etc/../../../../etc/passwd").status == 1


def test_a_read_only_root_cannot_be_written_and_another_can(either: Runtime, bundle: Bundle) -> None:
    assert run(either, bundle, "touch", "/etc/new").status == 1
    assert not (bundle.root / "etc" / "new").exists()
    bundle.config["root"]["readonly"] = False
    assert run(either, bundle, "touch", "/etc/new").status == 0
    assert (bundle.root / "etc" / "new").exists()


def test_binds_show_the_host_and_respect_ro(either: Runtime, bundle: Bundle, scratch: Path) -> None:
    shared = scratch / "shared"
    shared.mkdir()
    (shared / "file").write_text("seen\n")
    (bundle.root / "mnt").mkdir()
    mount = {"destination": "/mnt", "type": "bind", "source": str(shared), "options": ["rbind", "ro"]}
    bundle.config["mounts"].append(mount)
    assert run(either, bundle, "cat", "/mnt/file").text == "seen\n"
    assert run(either, bundle, "touch", "/mnt/other").status == 1
    mount["options"] = ["rbind"]
    assert run(either, bundle, "touch", "/mnt/other").status == 0
    assert (shared / "other").exists()


def test_a_tmpfs_can_be_written_over_a_read_only_root(either: Runtime, bundle: Bundle) -> None:
    bundle.config["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"})
    assert run(either, bundle, "sh", "-c", "echo x > /tmp/a && read line < /tmp/a && echo $line").text == "x\n"
    assert list((bundle.root / "tmp").iterdir()) == []


def test_create_start_kill_delete(either: Runtime, bundle: Bundle, scratch: Path) -> None:
    bundle.config["process"]["args"] = ["sleep", "1000"]
    pid_file = scratch / "pid"
    name, command = either.create(bundle, "--pid-file", pid_file)
    assert command.returncode == 0, command.stderr and command.stderr.read()
    assert either.status(name) == "created"
    pid = int(pid_file.read_text())
    assert pid == either.pid(name) and Path(f"/proc/{pid}").exists()

    assert either("delete", "no-such").status == 1
    assert either("start", name).status == 0
    assert either.status(name) == "running"
    assert either("start", name).status == 1
    assert either("create", "--bundle", bundle.directory, name).status == 1
    assert either("delete", name).status == 1
    assert name in either("list", "-q").text.split()
    row = next(row for row in json.loads(either("list", "--format", "json").text) if row["id"] == name)
    assert (row["status"], row["pid"], row["bundle"]) == ("running", pid, str(bundle.directory))
    assert pid in json.loads(either("ps", "--format", "json", name).text)  # under engine tcg QEMU is there as well
    assert str(pid) in either("ps", name).text

    assert either("kill", name, "KILL").status == 0
    either.wait_until(name, "stopped")
    refused = either("kill", name)
    assert refused.status == 1 and "container not running" in refused.errors
    assert either("kill", "--all", name, "9").status == 0
    assert either("delete", name).status == 0
    assert either.status(name) is None
    assert either("delete", name).status == 1
    assert either("delete", "--force", name).status == 0
    either.assert_clean()


def test_the_state_has_what_engines_read(either: Runtime, bundle: Bundle) -> None:
    bundle.config["annotations"] = {"org.example": "x"}
    name, _ = either.create(bundle)
    state = json.loads(either("state", name).text)
    assert state["ociVersion"].startswith("1.0.2")
    assert (state["id"], state["status"], state["bundle"]) == (name, "created", str(bundle.directory))
    assert state["rootfs"] == str(bundle.root)
    assert state["annotations"]["org.example"] == "x"
    assert "owner" in state and state["created"].startswith("20")


def test_a_container_that_was_never_started_can_be_deleted(either: Runtime, bundle: Bundle) -> None:
    name, _ = either.create(bundle)
    assert either("delete", name).status == 0
    either.assert_clean()


def test_force_deletes_a_running_one(either: Runtime, bundle: Bundle) -> None:
    bundle.config["process"]["args"] = ["sleep", "1000"]
    name, _ = either.create(bundle)
    either("start", name)
    assert either("delete", "--force", name).status == 0
    either.assert_clean()


def test_detached(either: Runtime, bundle: Bundle, scratch: Path) -> None:
    bundle.config["process"]["args"] = ["sleep", "1000"]
    bundle.write()
    name = either.new_id()
    with (scratch / "out").open("wb") as out:
        command = either.words("run", "--detach", "--bundle", bundle.directory, "--pid-file", scratch / "pid", name)
        assert subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=60).returncode == 0
    assert either.status(name) == "running"
    assert either.pid(name) == int((scratch / "pid").read_text())
    assert either("kill", name, "9").status == 0
    either.wait_until(name, "stopped")


def test_pause_and_resume(either: Runtime, bundle: Bundle) -> None:
    bundle.config["process"]["args"] = ["sleep", "1000"]
    name, _ = either.create(bundle)
    either("start", name)
    assert either("pause", name).status == 0
    assert either.status(name) == "paused"
    assert either("delete", name).status == 1
    assert either("resume", name).status == 0
    assert either.status(name) == "running"
    assert either("resume", name).status == 1
    either("pause", name)
    assert either("delete", "--force", name).status == 0
    either.assert_clean()


def test_foreground_run_passes_signals_on(either: Runtime, bundle: Bundle) -> None:
    bundle.config["process"]["args"] = ["sh", "-c", "trap 'echo got; exit 9' TERM; echo up; while :; do :; done"]
    bundle.write()
    command = either.words("run", "--bundle", bundle.directory, either.new_id())
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"up\n"
    child.send_signal(signal.SIGTERM)
    assert child.stdout.read() == b"got\n"
    assert child.wait(timeout=20) == 9
    either.assert_clean()


def test_the_container_is_its_parents_to_reap(either: Runtime, bundle: Bundle, scratch: Path) -> None:
    """As conmon and containerd's shim do it: a subreaper gets the container's status when `create` has ended."""
    script = scratch / "reaper.py"
    script.write_text(
        "import ctypes, os, subprocess, sys\n"
        "ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"  # PR_SET_CHILD_SUBREAPER
        "pid_file, name, *runtime = sys.argv[1:]\n"
        "subprocess.check_call([*runtime, 'create', '--bundle', sys.argv[1] + '/bundle', '--pid-file', pid_file + '/pid', name])\n"
        "pid = int(open(pid_file + '/pid').read())\n"
        "subprocess.check_call([*runtime, 'start', name])\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    bundle.config["process"]["args"] = ["sh", "-c", "exit 42"]
    bundle.write()
    name = either.new_id()
    result = process.run(["/usr/bin/python3", script, scratch, name, *either.words()], timeout=60)
    assert result.text == "42\n", result.describe()
    assert either.status(name) == "stopped"


def test_hooks_run_in_order_with_the_state(either: Runtime, bundle: Bundle, scratch: Path) -> None:
    log = scratch / "log"
    for point in ("prestart", "createRuntime", "createContainer", "poststart", "poststop"):
        bundle.hook(point, f"echo {point} >> {log}; cat >> {log}.{point}")
    name, _ = either.create(bundle)
    before = ["prestart", "createRuntime", "createContainer"]
    # runc 1.1 runs poststart in `create` already; the specification puts it after the start.
    assert log.read_text().split() == before + (["poststart"] if either.name == "runc" else [])
    either("start", name)
    either.wait_until(name, "stopped")
    either("delete", name)
    assert log.read_text().split() == [*before, "poststart", "poststop"]
    states = {point: json.loads(Path(f"{log}.{point}").read_text()) for point in ("createRuntime", "poststop")}
    assert states["createRuntime"]["id"] == name and states["createRuntime"]["pid"] > 0
    assert states["poststop"]["status"] == "stopped"


def test_a_failing_hook_fails_the_creation(either: Runtime, bundle: Bundle) -> None:
    bundle.hook("createRuntime", "echo reason >&2; exit 3")
    name, command = either.create(bundle)
    assert command.returncode == 1
    assert command.stderr is not None and b"reason" in command.stderr.read()
    assert either.status(name) is None
    either.assert_clean()


def test_limits_are_in_the_control_groups(either: Runtime, bundle: Bundle) -> None:
    path = f"/baryon-test-{os.getpid()}"
    bundle.config["linux"]["cgroupsPath"] = path
    bundle.config["linux"]["resources"] = {
        "memory": {"limit": 256 << 20},
        "cpu": {"shares": 512, "quota": 50000, "period": 100000},
    }
    name, _ = either.create(bundle)
    either.used.append(path[1:])

    def value(controller: str, file: str) -> str:
        return (Path("/sys/fs/cgroup") / controller / path[1:] / file).read_text().strip()

    assert value("memory", "memory.limit_in_bytes") == str(256 << 20)
    assert (value("cpu", "cpu.shares"), value("cpu", "cpu.cfs_quota_us")) == ("512", "50000")
    assert str(either.pid(name)) in value("pids", "cgroup.procs").split()
    assert either("update", "--memory", str(512 << 20), "--cpu-share", "256", name).status == 0
    assert value("memory", "memory.limit_in_bytes") == str(512 << 20)
    assert value("cpu", "cpu.shares") == "256"
    stats = json.loads(either("events", "--stats", name).text)
    assert stats["id"] == name and stats["data"]["memory"]["usage"]["limit"] == 512 << 20
    assert either("delete", "--force", name).status == 0
    either.assert_clean()


def test_a_network_namespace_given_by_path_is_joined(either: Runtime, bundle: Bundle) -> None:
    name = f"bt{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        namespaces = bundle.config["linux"]["namespaces"]
        namespaces[:] = [each for each in namespaces if each["type"] != "network"]
        namespaces.append({"type": "network", "path": f"/run/netns/{name}"})
        container, _ = either.create(bundle)
        inode = os.stat(f"/run/netns/{name}").st_ino
        assert os.stat(f"/proc/{either.pid(container)}/ns/net").st_ino == inode
        namespaces[-1] = {"type": "network"}
        other, _ = either.create(bundle)
        assert os.stat(f"/proc/{either.pid(other)}/ns/net").st_ino not in (inode, os.stat("/proc/self/ns/net").st_ino)
        namespaces.pop()
        host, _ = either.create(bundle)
        assert os.stat(f"/proc/{either.pid(host)}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def test_errors_go_to_stderr_and_to_the_log(either: Runtime, scratch: Path) -> None:
    log = scratch / "log.json"
    result = process.run([*either.words(), "--log", str(log), "--log-format", "json", "state", "nobody"])
    assert result.status == 1 and "does not exist" in result.errors
    entry = json.loads(log.read_text().splitlines()[-1])
    assert entry["level"] == "error" and "does not exist" in entry["msg"] and entry["time"].startswith("20")


def test_spec_writes_a_bundle_that_runs(either: Runtime, bundle: Bundle) -> None:
    (bundle.directory / "config.json").unlink()
    assert either("spec", "--bundle", bundle.directory).status == 0
    assert either("spec", "--bundle", bundle.directory).status == 1
    bundle.config = json.loads((bundle.directory / "config.json").read_text())
    bundle.config["process"]["terminal"] = False
    assert run(either, bundle, "sh", "-c", "exit 5").status == 5


def test_features_are_json(either: Runtime) -> None:
    features = json.loads(either("features").text)
    assert features["ociVersionMin"] == "1.0.0" and "prestart" in features["hooks"]


def test_wait_for_gives_up(runtime: Runtime) -> None:
    """The helper the other tests lean on does fail."""
    try:
        wait_for(lambda: False, "never", 0.05)
    except AssertionError:
        return
    raise RuntimeError("wait_for did not give up")
