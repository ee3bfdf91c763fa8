"""tools/gdb on a live sandbox: what the commands print is what the program and the kernel have."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from lib import paths, process
from lib.sandbox import Sandbox

SCRIPT = paths.ROOT / "tools" / "gdb" / "baryon.py"


@pytest.fixture(scope="module")
def report(sandbox: Sandbox) -> Iterator[str]:
    """All commands once, on a program that sleeps."""
    # in the jail the process has another root, where gdb would look for its binary
    child = sandbox.start(paths.BUSYBOX, "sleep", "600", options=["--jail", "off"])
    try:
        yield debug(child.pid)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=10)


def debug(pid: int) -> str:
    """Attaches until the program is found asleep: that the host process runs does not mean that the guest got there."""
    deadline = time.monotonic() + 20
    while True:
        text = commands(pid, "baryon-tasks", "baryon-bt", "baryon-vmas", "baryon-pt 0x401000", "baryon-pt 0x100000000000",
                        "baryon-log", "baryon-queues", "baryon-vmas 4000")  # fmt: skip
        if "blocked" in text or time.monotonic() > deadline:
            return text
        time.sleep(0.2)


def commands(pid: int, *each: str) -> str:
    arguments = ["gdb", "-q", "-batch", "-nx", "-p", str(pid), "-x", str(SCRIPT), "-ex", "baryon-attach"]
    for command in each:
        arguments += ["-ex", f"echo === {command}\\n", "-ex", command]
    result = process.run(arguments, timeout=60)
    return result.text + result.errors


def section(report: str, command: str) -> str:
    match = re.search(rf"=== {re.escape(command)}\n(.*?)(?====|\Z)", report, re.DOTALL)
    assert match is not None, report
    return match[1]


def test_nothing_in_the_script_fails(report: str) -> None:
    assert "Python Exception" not in report and "Traceback" not in report, report
    assert re.search(r"^guest RAM at 0x[0-9a-f]+000, kernel ", report, re.MULTILINE), report


def test_tasks_shows_the_program_asleep(report: str) -> None:
    lines = [line.split() for line in section(report, "baryon-tasks").splitlines()]
    program = next(line for line in lines if line[:2] == ["1", "1"])
    assert program[2] == "busybox" and program[3] == "blocked", report


def test_bt_shows_the_system_call_that_sleeps(report: str) -> None:
    text = section(report, "baryon-bt")
    assert "baryon::sched::block(" in text and re.search(r"sys_(clock_)?nanosleep", text), report


def test_vmas_shows_the_programs_mappings(report: str) -> None:
    text = section(report, "baryon-vmas")
    starts = [int(line.split("-")[0], 16) for line in text.splitlines() if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line)]
    assert starts == sorted(starts) and f"{len(starts)} mappings" in text, report
    assert "[stack]" in text and re.search(r"^0*401000-[0-9a-f]+ r-xp 00001000 object", text, re.MULTILINE), report


def test_pt_walks_to_the_programs_text(report: str) -> None:
    """busybox's code is mapped from 0x401000 on, and not writable."""
    text = section(report, "baryon-pt 0x401000")
    last = [line for line in text.splitlines() if line.startswith(("PT ", "PD "))][-1]
    assert "present" in last and "user" in last and "write" not in last and "no-execute" not in last, report
    assert "0x401000 -> guest-physical 0x" in text, report
    assert "not mapped" in section(report, "baryon-pt 0x100000000000"), report


def test_log_and_queues_are_consistent(report: str) -> None:
    assert re.search(r"^\d+ of 65536 bytes in use, \d+ written so far, 0 records dropped", section(report, "baryon-log"), re.M)
    queue = re.search(r"vCPU 0: sq.tail (\d+) sq.head (\d+) cq.tail (\d+) cq.head (\d+)", section(report, "baryon-queues"))
    assert queue is not None, report
    tail, taken, finished, seen = (int(number) for number in queue.groups())
    assert tail >= taken >= finished >= seen and tail > 0, report


def test_an_unknown_task_is_an_error_not_a_crash(report: str) -> None:
    assert "no task 4000" in section(report, "baryon-vmas 4000"), report


def test_a_process_without_a_guest_is_refused() -> None:
    """The script's own gdb attaches to something that is no sandbox."""
    other = subprocess.Popen(["sleep", "60"])
    try:
        result = commands(other.pid)
        assert "kernel-x86_64.elf: No such file" in result and "guest RAM at" not in result, result
        assert "Traceback" not in result, result
    finally:
        other.kill()
        other.wait(timeout=10)
