"""Process 1 of a container is init (pid_namespaces(7)): a signal for which it has no handler does nothing, whoever sends it.

Every test runs with runc as well.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from lib import elf
from lib.bundles import Bundle, Runtime, wait_for

# What people, engines and programs send; each ends or stops an ordinary process that does not expect it.
SIGNALS = ("HUP", "INT", "QUIT", "ABRT", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "TSTP", "XCPU", "SYS", "PWR", "37")


def started(runtime: Runtime, bundle: Bundle, *args: str) -> str:
    bundle.config["process"]["args"] = list(args)
    name, command = runtime.create(bundle)
    assert command.returncode == 0, command.stderr and command.stderr.read()
    assert runtime("start", name).status == 0
    # runc's own init is a Go program, which a signal ends until it has executed the container's.
    wait_for(lambda: " ".join(args) in runtime("exec", name, "ps").text, "it does not start")
    return name


def run(runtime: Runtime, bundle: Bundle, *args: str) -> tuple[int, str]:
    bundle.config["process"]["args"] = list(args)
    bundle.write()
    result = runtime("run", "--bundle", bundle.directory, runtime.new_id())
    return result.status, result.text


def test_from_outside(either: Runtime, bundle: Bundle) -> None:
    name = started(either, bundle, "sleep", "1000")
    for each in SIGNALS:
        assert either("kill", name, each).status == 0, each
        # Handled after the signal: a program that it had ended would be gone.
        assert either("exec", name, "true").status == 0, each
    assert either.status(name) == "running"
    assert either("kill", name, "KILL").status == 0
    either.wait_until(name, "stopped")


def test_handlers_run(either: Runtime, bundle: Bundle, scratch: Path) -> None:
    traps = "; ".join(f"trap 'echo {each}' {each}" for each in SIGNALS)
    bundle.config["process"]["args"] = ["sh", "-c", f"{traps}; echo up; while :; do :; done"]
    bundle.write()
    output = scratch / "output"
    name = either.new_id()
    with output.open("wb") as file:
        command = either.words("run", "--detach", "--bundle", bundle.directory, name)
        assert subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False).returncode == 0
    expected = ["up"]
    wait_for(lambda: output.read_text().split() == expected, "it does not start")
    for each in SIGNALS:
        assert either("kill", name, each).status == 0
        expected.append(each)
        wait_for(lambda: output.read_text().split() == expected, f"{each}: {output.read_text()}")


def test_from_inside(either: Runtime, bundle: Bundle) -> None:
    script = "for s in TERM KILL STOP SEGV; do kill -$s $$; echo $?; (kill -$s 1); echo $?; done; kill -9 -1; exit 3"
    assert run(either, bundle, "sh", "-c", script) == (3, "0\n" * 8)


def test_from_an_exec(either: Runtime, bundle: Bundle) -> None:
    name = started(either, bundle, "sleep", "1000")
    assert either("exec", name, "sh", "-c", "kill -9 1; kill -TERM 1").status == 0
    assert either("exec", name, "sh", "-c", "kill -TERM $$").status == 143  # nobody but init is spared
    assert either.status(name) == "running"


def test_a_handler_that_is_taken_back(either: Runtime, bundle: Bundle) -> None:
    script = "trap 'echo got' TERM; kill -TERM $$; trap - TERM; kill -TERM $$; echo alive"
    assert run(either, bundle, "sh", "-c", script) == (0, "got\nalive\n")


def test_its_own_broken_pipe(either: Runtime, bundle: Bundle) -> None:
    """SIGPIPE is one of them: it sees EPIPE."""
    bundle.config["process"]["args"] = ["sh", "-c", "while echo line; do :; done 2>/dev/null; exit 7"]
    bundle.write()
    command = either.words("run", "--bundle", bundle.directory, either.new_id())
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"line\n"
        child.stdout.close()
        assert child.wait(timeout=30) == 7


@pytest.mark.parametrize(
    ("code", "expected"), [("0f0b", signal.SIGILL), ("cc", signal.SIGTRAP), ("31c08b00", signal.SIGSEGV)], ids=["ud2", "int3", "load"]
)
def test_a_fault_ends_it(code: str, expected: signal.Signals, either: Runtime, bundle: Bundle) -> None:
    program = bundle.root / "bin" / "faulty"
    program.write_bytes(elf.Elf(code=bytes.fromhex(code)).pack())
    program.chmod(0o755)
    assert run(either, bundle, "faulty") == (128 + expected, "")


def test_what_it_inherits_to_others_is_not_this(either: Runtime, bundle: Bundle) -> None:
    script = "sh -c 'kill -TERM $$; echo survived'; echo $?; sleep 100 & kill $!; wait $!; echo $?"
    assert run(either, bundle, "sh", "-c", script) == (0, "143\n143\n")
