"""Programs beside a container's own. Every test of what they do runs with runc as well: same outputs, same statuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from lib import process
from lib.bundles import Bundle, Runtime, wait_for


@pytest.fixture
def container(either: Runtime, bundle: Bundle) -> str:
    return started(either, bundle)


def started(runtime: Runtime, bundle: Bundle) -> str:
    bundle.config["process"]["args"] = ["sleep", "1000"]
    name, command = runtime.create(bundle)
    assert command.returncode == 0, command.stderr and command.stderr.read()
    assert runtime("start", name).status == 0
    return name


def test_output_status_and_input(either: Runtime, container: str) -> None:
    result = either("exec", container, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (result.status, result.text, result.errors) == (7, "out\n", "err\n"), result.describe()
    data = b"line\n" * 20000
    assert either("exec", container, "cat", stdin=data).stdout == data
    assert either("exec", container, "sh", "-c", "kill -9 $$").status == 137


def test_it_is_in_the_container(either: Runtime, container: str) -> None:
    assert either("exec", container, "hostname").text == "box\n"
    lines = either("exec", container, "ps", "-o", "pid,ppid,args").text.splitlines()
    rows = [line.split(None, 2) for line in lines[1:]]
    assert ["1", "0", "sleep 1000"] in rows
    assert [row[1] for row in rows if row[2].startswith("ps ")] == ["0"]
    assert either("exec", container, "kill", "-0", "1").status == 0


def test_flags(either: Runtime, container: str) -> None:
    script = "id -u; id -g; id -G; pwd; echo $A $B; cat /proc/self/status | grep NoNewPrivs"
    flags = ["--user", "1000:5", "--additional-gids", "7", "--cwd", "/tmp", "-e", "A=1", "-e", "B=2", "--no-new-privs"]
    result = either("exec", *flags, container, "sh", "-c", script)
    assert result.text.split() == ["1000", "5", "5", "7", "/tmp", "1", "2", "NoNewPrivs:", "1"], result.describe()


def test_a_process_from_a_file(either: Runtime, container: str, scratch: Path) -> None:
    description = {
        "args": ["sh", "-c", "id -u; pwd; echo $X; ulimit -n; grep CapEff /proc/self/status"],
        "env": ["PATH=/bin", "X=y"],
        "cwd": "/etc",
        "user": {"uid": 0, "gid": 0},
        # Equal: the Go runtime of runc may raise a soft limit to the hard one before it executes the program.
        "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 100}],
        "capabilities": {each: ["CAP_KILL"] for each in ("bounding", "effective", "permitted")},
    }
    file = scratch / "process.json"
    file.write_text(json.dumps(description))
    result = either("exec", "--process", file, container)
    assert result.text.split() == ["0", "/etc", "y", "100", "CapEff:", "0000000000000020"], result.describe()


def test_a_program_that_cannot_be_run(either: Runtime, container: str) -> None:
    result = either("exec", container, "no-such-program")
    assert result.status != 0 and "executable file not found in $PATH" in result.errors, result.describe()
    assert either("exec", container, "/etc").status != 0
    assert either("exec", container, "true").status == 0


def test_detached(either: Runtime, container: str, scratch: Path) -> None:
    """Its process on the host ends with its status, and whoever is a subreaper gets it, as conmon and the shim do."""
    script = scratch / "reaper.py"
    script.write_text(
        "import ctypes, os, subprocess, sys\n"
        "ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"  # PR_SET_CHILD_SUBREAPER
        "pid_file, name, *runtime = sys.argv[1:]\n"
        "def run(*command):\n"
        "    subprocess.check_call([*runtime, 'exec', '--detach', '--pid-file', pid_file, name, *command])\n"
        "    return int(open(pid_file).read())\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(run('sh', '-c', 'exit 42'), 0)[1]))\n"
        "pid = run('sh', '-c', 'trap \"exit 9\" TERM; while :; do :; done')\n"
        "import time; time.sleep(0.3)\n"
        "os.kill(pid, 15)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    result = process.run(["/usr/bin/python3", script, scratch / "pid", container, *either.words()], timeout=60)
    assert result.text == "42\n9\n", result.describe()


def test_kill_9_of_its_process_ends_the_program(either: Runtime, container: str, scratch: Path) -> None:
    assert either("exec", "-d", "--pid-file", scratch / "pid", container, "sleep", "777").status == 0
    pid = int((scratch / "pid").read_text())
    assert {pid, either.pid(container)} <= set(json.loads(either("ps", "-f", "json", container).text))
    assert "sleep 777" in either("exec", container, "ps").text
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: "sleep 777" not in either("exec", container, "ps").text, "the program lives on")
    assert either.status(container) == "running"


def test_many_at_a_time(either: Runtime, container: str) -> None:
    script = "i=0; while [ $i -lt 50 ]; do echo $0; i=$((i+1)); done; exit $0"
    running = [
        subprocess.Popen(either.words("exec", container, "sh", "-c", script, str(number)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        for number in range(16)
    ]
    for number, command in enumerate(running):
        output, _ = command.communicate(timeout=120)
        assert (command.returncode, output.decode()) == (number, f"{number}\n" * 50)


def test_children_that_outlive_it_are_init_s(either: Runtime, container: str) -> None:
    assert either("exec", container, "sh", "-c", "sleep 555 > /dev/null 2>&1 < /dev/null & exit 3").status == 3

    def parents() -> list[str]:
        rows = [line.split(None, 2) for line in either("exec", container, "ps", "-o", "pid,ppid,args").text.splitlines()]
        return [row[1] for row in rows if row[2] == "sleep 555"]

    # Baryon tells of the end a moment before the children have changed hands.
    wait_for(lambda: parents() == ["1"], "its child has another parent")


def test_the_end_of_the_container_is_its_end(either: Runtime, container: str) -> None:
    command = subprocess.Popen(either.words("exec", container, "sleep", "1000"), stdin=subprocess.DEVNULL)
    wait_for(lambda: len(json.loads(either("ps", "-f", "json", container).text)) > 1, "it does not start")
    assert either("kill", container, "9").status == 0
    assert command.wait(timeout=20) != 0
    either.wait_until(container, "stopped")
    refused = either("exec", container, "true")
    assert refused.status != 0 and "stopped container" in refused.errors, refused.describe()


def test_a_paused_container_refuses(either: Runtime, container: str) -> None:
    assert either("pause", container).status == 0
    refused = either("exec", container, "true")
    assert refused.status != 0 and "paused" in refused.errors, refused.describe()
    assert either("resume", container).status == 0
    assert either("exec", container, "true").status == 0


def test_files_are_passed_on(either: Runtime, bundle: Bundle, container: str, scratch: Path) -> None:
    (scratch / "three").write_text("from three\n")
    script = f"exec 3<{scratch / 'three'} 4>{scratch / 'four'}; exec \"$@\""
    words = either.words("exec", "--preserve-fds", "2", container, "sh", "-c", "cat <&3; echo to four >&4")
    result = process.run(["sh", "-c", script, "sh", *words])
    assert result.text == "from three\n", result.describe()
    assert (scratch / "four").read_text() == "to four\n"
    bundle.config["process"]["args"] = ["sh", "-c", "cat <&3; echo again >&4"]
    bundle.write()
    words = either.words("run", "--preserve-fds", "2", "--bundle", bundle.directory, either.new_id())
    assert process.run(["sh", "-c", script, "sh", *words]).text == "from three\n"
    assert (scratch / "four").read_text() == "again\n"


def test_the_filter_holds_for_it_too(either: Runtime, bundle: Bundle) -> None:
    rule = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}
    bundle.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}
    bundle.config["root"]["readonly"] = False
    name = started(either, bundle)
    result = either("exec", name, "mkdir", "/tmp/x")
    assert result.status == 1 and "Permission denied" in result.errors, result.describe()


# --- hostile clients, who have come past the socket's mode: Baryon alone ---


def connect(runtime: Runtime, name: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    directory = os.open(runtime.state / name, os.O_PATH)
    try:
        client.connect(f"/proc/self/fd/{directory}/exec.sock")
    finally:
        os.close(directory)
    return client


PACKETS = {
    "empty header": b"\0" * 8,
    "zeros": b"\0" * 4096,
    "ones": b"\xff" * 4096,
    "large": b"\xff" * 150_000,
    "text": b"GET / HTTP/1.0\r\n\r\n",
}


def test_clients_that_mean_harm(runtime: Runtime, bundle: Bundle) -> None:
    name = started(runtime, bundle)
    for packet in PACKETS.values():
        for descriptors in ([], [0], [0, 1, 2], [0] * 16, [0] * 100):
            client = connect(runtime, name)
            socket.send_fds(client, [packet], descriptors)
            # dropped without a word, or told why
            client.settimeout(20)
            try:
                client.recv(4096)
            except ConnectionResetError:
                pass
            client.close()
    silent = [connect(runtime, name) for _ in range(50)]
    assert runtime("exec", name, "echo", "fine").text == "fine\n"
    for client in silent:
        client.close()
    assert runtime.status(name) == "running"


def header(size: int, arguments: int, variables: int, filters: int) -> bytes:
    """An abi::ExecRequest with three streams."""
    words = [size, arguments, variables, filters, 3, *([0] * 17)]
    return b"".join(word.to_bytes(4, "little") for word in words) + bytes(5 * 0) + bytes(24 + 128 + 40 + 256)


@pytest.mark.parametrize(
    ("arguments", "variables", "filters", "strings"),
    [
        (0, 0, 0, b"/\0"),
        (1, 0, 0, b"/\0"),
        (1, 0, 0, b"/\0true"),
        (2**32 - 1, 2**32 - 1, 0, b"/\0true\0"),
        (1, 0, 2**32 - 1, b"/\0true\0"),
        (1, 0, 4096, b"/\0true\0"),
        (1, 0, 1, b"\xff" * 8 + b"/\0true\0"),
        (1, 5, 0, b"/\0true\0"),
    ],
)
def test_requests_that_the_guest_refuses(arguments: int, variables: int, filters: int, strings: bytes, runtime: Runtime, bundle: Bundle) -> None:
    name = started(runtime, bundle)
    length = len(header(0, 0, 0, 0)) + len(strings)
    client = connect(runtime, name)
    client.settimeout(20)
    with Path("/dev/null").open() as null:
        socket.send_fds(client, [header(length, arguments, variables, filters) + strings], [null.fileno()] * 3)
        event = client.recv(4096)
    assert event[:4] == (2).to_bytes(4, "little"), event  # failed
    client.close()
    time.sleep(0.05)
    assert runtime("exec", name, "echo", "fine").text == "fine\n"
